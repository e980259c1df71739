/** One file on its way into the store, a batch of rows at a time. */
import { open } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupId, importedEvaluationId, promptId, rolloutId } from '../domain/identity.ts';
import type { NewLabel } from '../domain/phase.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import {
  isStoreFailure,
  type CommentChangeRow,
  type CorrectionRow,
  type GivenVerdict,
  type JudgementRow,
  type NewEvaluation,
  type PreferenceRow,
  type Store,
  type TagRow,
} from '../store/store.ts';
import { carriedOver } from './carried-over.ts';
import { completionColumn } from './column-guess.ts';
import { isRow } from './columns.ts';
import { recordsOf } from './detect.ts';
import type { Draft, FileContext, Format, PromptDraft, RolloutDraft } from './draft.ts';
import { extract, type EmbeddedFile } from './embedded-media.ts';
import type { ImportReport } from './import-report.ts';
import { locateMedia, type MediaPlaces } from './media.ts';
import { Occurrences } from './occurrences.ts';
import { StoredRollouts } from './stored-rollouts.ts';

/** Rows a transaction holds, and how long others may write between two (ms). */
const batchSize = 1000;
const pause = 5;

/** More broken lines of one file than this are counted, not listed. */
const listedRejections = 1000;

/** A row that is read as a prompt alone and has a completion, as the person who named the format or the columns wants it, is told of. */
function noteLeftOut(draft: Draft, row: unknown, { note }: FileContext): void {
  if (draft.kind !== 'prompt' || draft.rollout !== null || !isRow(row)) return;
  const column = completionColumn(row);
  if (column !== undefined)
    note(
      `completions that stand in the column “${column}” are left out: --map prompt=COLUMN,completion=${column} reads them`,
    );
}

/** Whether the file's last byte ends a line. */
async function endsLine(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return buffer.toString() === '\n';
  } finally {
    await file.close();
  }
}

export class FileImport {
  readonly #store: Store;
  readonly #report: ImportReport;
  #places: MediaPlaces;
  readonly #extract: string | undefined;
  #prompts = new Map<string, Prompt>();
  #rollouts: Rollout[] = [];
  /** By their ids and what prompts they have, each once. */
  readonly #evaluations = new Map<string, NewEvaluation>();
  #labels: NewLabel[] = [];
  #verdicts: GivenVerdict[] = [];
  #comments: { rolloutId: string; changes: CommentChangeRow[] }[] = [];
  #tags: { rolloutId: string; tags: TagRow[] }[] = [];
  #judgements: JudgementRow[] = [];
  #preferences: PreferenceRow[] = [];
  #corrections: CorrectionRow[] = [];
  readonly #occurrences = new Occurrences();
  /** What the store has of the file, where that is to be brought up to date. */
  #stored: StoredRollouts | null = null;
  /** False of one that grows: what a trainer that begins anew writes in the place of another text is a text of its own. */
  #isWhole = true;

  constructor(store: Store, report: ImportReport, places: MediaPlaces, extract: string | undefined) {
    this.#store = store;
    this.#report = report;
    this.#places = places;
    this.#extract = extract;
  }

  /** Whether it was whole: of one that is growing, a last line that is broken and has no end is left, and not told of. */
  async read(
    format: Format,
    context: FileContext,
    progress: () => void,
    signal?: AbortSignal,
    growing = false,
  ): Promise<boolean> {
    this.#isWhole = !growing;
    let unlisted = 0;
    let isBroken = false;
    const before = this.#report.rejected.length;
    const attempt = (line: number, place: string, work: () => void): void => {
      try {
        work();
      } catch (error) {
        if (isStoreFailure(error)) throw error;
        if (this.#report.rejected.length - before >= listedRejections) unlisted += 1;
        else this.#report.rejected.push({ file: context.file, line, reason: place + (error as Error).message });
      }
    };
    if (this.#report.updated) this.#stored = new StoredRollouts(this.#store, context.file);
    for await (const record of await recordsOf(format, context.file, signal)) {
      isBroken = 'reason' in record;
      if ('value' in record) await this.#takeOut(record.files ?? [], context, progress, signal);
      attempt(record.line, '', () => {
        if ('reason' in record) throw new Error(record.reason);
        const rows = format.rows?.(record.value, context) ?? [record.value];
        for (const [i, row] of rows.entries()) {
          const place = rows.length > 1 ? `row ${i + 1} of ${rows.length}: ` : '';
          attempt(record.line, place, () => {
            const draft = format.parse(row, context);
            this.#take(draft);
            noteLeftOut(draft, row, context);
            this.#report.rows += 1;
          });
        }
      });
      if (this.#rollouts.length >= batchSize || this.#prompts.size >= batchSize) {
        this.#flush();
        progress();
        // A window that saves a label meanwhile gets its turn at the file.
        await sleep(pause);
        signal?.throwIfAborted();
      }
    }
    this.#flush();
    this.#tellUnmatched(context.file);
    const isCut = growing && isBroken && !(await endsLine(context.file));
    if (isCut && unlisted > 0) unlisted -= 1;
    else if (isCut) this.#report.rejected.pop();
    if (unlisted > 0) {
      this.#report.rejected.push({ file: context.file, line: 0, reason: `${unlisted} more lines are broken` });
    }
    progress();
    return !isCut;
  }

  /** Writes the media that a record holds, for its prompt to name; where that was not asked for, counts the record unless they are there. */
  async #takeOut(
    files: readonly EmbeddedFile[],
    { file, note }: FileContext,
    progress: () => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (files.length === 0 && !this.#places.extracted) return;
    const extracted = new Map<string, string>();
    this.#places = { ...this.#places, extracted };
    for (const one of this.#extract === undefined ? [] : files) {
      signal?.throwIfAborted();
      const path = await extract(one, resolve(this.#extract!));
      if (path === null) {
        note(
          'some of the media that it holds are no video, sound or picture by their beginning or their name, and are left in it',
        );
        continue;
      }
      extracted.set(one.name, path);
      this.#report.extracted! += 1;
      progress();
    }
    if (files.every(({ name }) => isAbsolute(locateMedia(name, this.#places)))) return;
    const counts = (this.#report.embedded ??= []);
    const count = counts.find((one) => one.file === file);
    if (count) count.rows += 1;
    else counts.push({ file, rows: 1 });
  }

  #take(draft: Draft): void {
    if (draft.kind === 'label') {
      const { rolloutId, label, text } = draft;
      this.#flush();
      const completion = text === undefined ? undefined : this.#store.rollouts.get(rolloutId)?.completion;
      const boundaries = completion === undefined ? label.boundaries : carriedOver(label.boundaries, text!, completion);
      this.#report.labels += Number(this.#store.labels.adopt({ rolloutId, ...label, boundaries }));
      return;
    }
    if (draft.kind === 'edit') {
      this.#flush();
      this.#report.edits = (this.#report.edits ?? 0) + Number(this.#store.edits.adopt(draft.edit));
      return;
    }
    if (draft.kind === 'nothing') return;
    const prompt = this.#promptOf(draft.prompt);
    this.#prompts.set(prompt.id, prompt);
    if (draft.rollout === null) return;
    const evaluation =
      draft.evaluation === undefined ? null : this.#evaluationOf(draft.evaluation, draft.rollout, prompt);
    const rollout = this.#rolloutOf(draft.rollout, prompt.id, evaluation);
    this.#rollouts.push(rollout);
    for (const label of draft.labels) this.#labels.push({ rolloutId: rollout.id, ...label });
    if (draft.verdict && evaluation !== null) {
      const { endpoint, model, ...verdict } = draft.verdict;
      const reply = { prompt, completion: rollout.completion };
      this.#verdicts.push({ evaluationId: evaluation, judge: { endpoint, model }, reply, verdict });
    }
    for (const judgement of draft.judgements ?? []) this.#judgements.push({ rolloutId: rollout.id, ...judgement });
    for (const preference of draft.preferences ?? []) this.#preferences.push({ rolloutId: rollout.id, ...preference });
    for (const correction of draft.corrections ?? []) this.#corrections.push({ rolloutId: rollout.id, ...correction });
    if (draft.comments?.length) this.#comments.push({ rolloutId: rollout.id, changes: draft.comments });
    if (draft.tags?.length) this.#tags.push({ rolloutId: rollout.id, tags: draft.tags });
  }

  #promptOf({ nth, ...draft }: PromptDraft): Prompt {
    const prompt = {
      ...draft,
      // From the paths as the file has them: a moved folder keeps its ids.
      id: draft.id ?? promptId(draft, nth),
      video: locateMedia(draft.video, this.#places),
      audio: locateMedia(draft.audio, this.#places),
      media: draft.media?.map(({ kind, path }) => ({ kind, path: locateMedia(path, this.#places) })),
    };
    if (draft.id !== undefined || !draft.media) return prompt;
    return { ...prompt, id: this.#store.prompts.idOfSeveral(prompt, promptId({ ...draft, media: null }, nth)) };
  }

  #evaluationOf(name: string, { policy, policyVersion, source, createdAt }: RolloutDraft, prompt: Prompt): string {
    const id = importedEvaluationId(name, policy, policyVersion);
    const { dataset, split } = prompt;
    this.#evaluations.set(JSON.stringify([id, dataset, split]), {
      ...{ id, name, policy, policyVersion, adapter: null, dataset, split, settings: null },
      ...{ source, status: 'finished', total: null, createdAt },
    });
    return id;
  }

  /** The same completion in two evaluations is two rollouts; one that came in before evaluations were kept stays the one that it is. */
  #rolloutOf({ groupName, ...draft }: RolloutDraft, prompt: string, evaluation: string | null): Rollout {
    const group = draft.groupId ?? groupId(prompt, draft.policy, draft.policyVersion, groupName);
    const place = draft.id === undefined ? this.#occurrences.of(group, draft.completion) : 0;
    const inGroup = (id: string): Rollout => {
      const rollout = {
        ...draft,
        promptId: prompt,
        groupId: id,
        ...(evaluation !== null && { evaluationId: evaluation }),
      };
      return { ...rollout, id: draft.id ?? rolloutId(rollout, place) };
    };
    const rollout = inGroup(group);
    if (evaluation === null || draft.groupId !== undefined || this.#store.evaluations.takes(rollout.id, evaluation))
      return rollout;
    return inGroup(groupId(prompt, draft.policy, draft.policyVersion, `${groupName}\0${evaluation}`));
  }

  #flush(): void {
    if (this.#stored) this.#update(this.#stored);
    const evaluations = [...this.#evaluations.values()];
    const counts = this.#store.addRollouts([...this.#prompts.values()], this.#rollouts, this.#labels, evaluations);
    this.#report.prompts += counts.prompts;
    this.#report.rollouts += counts.rollouts;
    this.#report.labels += counts.labels;
    this.#report.duplicates += counts.duplicates;
    this.#prompts = new Map();
    this.#rollouts = [];
    this.#labels = [];
    this.#store.evaluations.adoptVerdicts(this.#verdicts);
    this.#verdicts = [];
    for (const { rolloutId, changes } of this.#comments)
      this.#report.comments += this.#store.comments.adopt(rolloutId, changes);
    this.#comments = [];
    for (const { rolloutId, tags } of this.#tags)
      this.#report.tags = (this.#report.tags ?? 0) + this.#store.tags.adopt(rolloutId, tags);
    this.#tags = [];
    for (const { rolloutId, ...judgement } of this.#judgements)
      if (this.#store.judgements.adopt(rolloutId, judgement))
        this.#report.judgements = (this.#report.judgements ?? 0) + 1;
    this.#judgements = [];
    for (const { rolloutId, ...correction } of this.#corrections)
      if (this.#store.corrections.adopt(rolloutId, correction))
        this.#report.corrections = (this.#report.corrections ?? 0) + 1;
    this.#corrections = [];
    // Where the other rollout comes later, its own line has the same.
    for (const { rolloutId, ...preference } of this.#preferences)
      if (this.#store.preferences.adopt(rolloutId, preference))
        this.#report.preferences = (this.#report.preferences ?? 0) + 1;
    this.#preferences = [];
  }

  /** Brings what the store has of the file's rollouts up to date; the new ones are left to be added. */
  #update(stored: StoredRollouts): void {
    const { updated, ...report } = this.#report;
    const read = this.#rollouts.map((rollout) => ({ rollout, prompt: this.#prompts.get(rollout.promptId)! }));
    const matches = stored.match(read, this.#isWhole);
    const updates = read.flatMap(({ rollout }, i) =>
      matches[i] === undefined ? [] : [{ id: matches[i].id, rollout }],
    );
    for (const match of matches) if (match) updated!.found[match.by] += 1;
    const evaluations = [...this.#evaluations.values()];
    const counts = this.#store.updateRollouts([...this.#prompts.values()], updates, evaluations);
    updated!.rollouts += counts.changed;
    for (const { id, reason } of counts.kept) updated!.left.push({ file: this.#places.file, rollout: id, reason });
    this.#report.prompts = report.prompts + counts.added - counts.merged;
    this.#report.duplicates += updates.length - counts.changed;
    this.#rollouts = this.#rollouts.filter((_, i) => matches[i] === undefined);
  }

  #tellUnmatched(file: string): void {
    const unmatched = this.#stored?.unmatched ?? [];
    if (unmatched.length === 0) return;
    const { updated } = this.#report;
    updated!.unmatched += unmatched.length;
    const reason = 'the file has nothing that is this rollout: it stays as it was';
    for (const { id, isTouched } of unmatched) if (isTouched) updated!.left.push({ file, rollout: id, reason });
  }
}
