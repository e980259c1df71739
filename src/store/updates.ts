/** Stored rollouts brought to what their file says now, in place: what people made of them stays. */
import { placesIn, type PlaceIn } from '../domain/text-change.ts';
import type { Comments } from './comments.ts';
import type { Connection } from './connection.ts';
import type { Labels } from './labels.ts';
import type { Prompts } from './prompts.ts';
import { rolloutNumber } from './rollout-number.ts';
import type { Rollouts } from './rollouts.ts';
import type { RolloutUpdate, UpdateCount } from './rows.ts';
import type { Suggestions } from './suggestions.ts';

export interface UpdateParts {
  prompts: Prompts;
  rollouts: Rollouts;
  labels: Labels;
  comments: Comments;
  suggestions: Suggestions;
}

export class Updates {
  readonly #db: Connection;
  readonly #parts: UpdateParts;

  constructor(db: Connection, parts: UpdateParts) {
    this.#db = db;
    this.#parts = parts;
  }

  apply(updates: readonly RolloutUpdate[]): UpdateCount {
    const { prompts, rollouts } = this.#parts;
    const kept: UpdateCount['kept'] = [];
    const left = new Map<string, string>();
    let changed = 0;
    for (const { id, rollout } of updates) {
      const n = rolloutNumber(this.#db, id);
      const before = rollouts.get(id);
      if (n === undefined || !before) throw new Error(`there is no rollout ${id} in this store`);
      const place = before.completion === rollout.completion ? null : placesIn(before.completion, rollout.completion);
      const reason = place && this.#stuck(n, place);
      if (reason) kept.push({ id: before.id, reason });
      else if (place) this.#carry(n, place);
      const { completion, tokens } = reason ? before : rollout;
      if (rollouts.update(n, { ...rollout, completion, tokens })) changed += 1;
      if (before.promptId !== rollout.promptId) left.set(before.promptId, rollout.promptId);
    }
    const merged = [...left].filter(([from, to]) => prompts.mergeEmpty(from, to)).length;
    return { changed, merged, kept };
  }

  #stuck(n: number, place: PlaceIn): string | null {
    const { labels, comments, suggestions } = this.#parts;
    const annotator = labels.stuck(n, place);
    if (annotator !== null) return `a boundary of ${annotator}’s label has no place in the text as it is read now`;
    const author = comments.stuck(n, place);
    if (author !== null) return `a comment of ${author} is on text that is not where it was`;
    const source = suggestions.stuck(n, place);
    return source && `a boundary that the ${source} suggested has no place in the text as it is read now`;
  }

  #carry(n: number, place: PlaceIn): void {
    this.#parts.labels.carry(n, place);
    this.#parts.suggestions.carry(n, place);
  }
}
