/** Prompts: adding, filling in, joining to their media, and paging as the tree shows them. */
import { sep } from 'node:path';
import { parseQuery } from '../domain/rollout-query.ts';
import type { Prompt, PromptMedium, TrueEvent } from '../domain/rollout.ts';
import type { Connection } from './connection.ts';
import { instructionNumber, instructionOf } from './instructions.ts';
import { countedConditions, markedRollouts } from './filter-conditions.ts';
import { passRate, vanishingCondition } from './outcome-conditions.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import { ProjectPaths } from './project-paths.ts';
import { promptCondition } from './query-conditions.ts';
import type { Filter, Page, PromptQuery, PromptSummary } from './rows.ts';
import { promptNumber, promptNumbers } from './row-numbers.ts';
import { matchExpression } from './search.ts';

interface PromptRow {
  n: number;
  id: string;
  source_id: string | null;
  dataset: string;
  question: string;
  options: string;
  answer: string | null;
  problem_type: Prompt['problemType'];
  video: string | null;
  audio: string | null;
  media: string | null;
  hint: string | null;
  split: Prompt['split'];
  stage: Prompt['stage'];
  events: string | null;
  system: string | null;
  source_row: string | null;
  category: string | null;
}

interface SummaryRow extends PromptRow {
  rollouts: number;
  groups: number;
  labelled: number;
  vanishing: number;
  pass: number | null;
  best: number | null;
  mean: number | null;
}

export class Prompts {
  readonly #db: Connection;
  readonly #paths: ProjectPaths;

  constructor(db: Connection) {
    this.#db = db;
    this.#paths = new ProjectPaths(db.file);
    this.#settle();
  }

  /** Older versions kept whole paths: those inside the project count from its folder from now on. */
  #settle(): void {
    const rows = this.#paths.folders.flatMap((folder) =>
      this.#db.all<PromptRow>(
        'SELECT * FROM prompts WHERE (video >= :from AND video < :to) OR (audio >= :from AND audio < :to)',
        // All that begin with the folder, as indexes have them.
        { from: folder + sep, to: folder + String.fromCharCode(sep.charCodeAt(0) + 1) },
      ),
    );
    if (rows.length === 0) return;
    this.#db.transaction(() => {
      for (const { n, video, audio } of rows)
        this.#db.run('UPDATE prompts SET video = ?, audio = ? WHERE n = ?', [
          this.#paths.kept(video),
          this.#paths.kept(audio),
          n,
        ]);
    });
  }

  /** Adds a prompt unless it is there, by its id or under an alias; one that is there gets what it lacked. Returns whether it is new. */
  add(prompt: Prompt): boolean {
    return this.#db.transaction(() => {
      const known = promptNumber(this.#db, prompt.id);
      if (known !== undefined) {
        this.#fill(known, prompt);
        return false;
      }
      const { lastInsertRowid } = this.#db.run(
        `INSERT INTO prompts (id, source_id, dataset, question, options, answer, problem_type, video, audio, media, hint, split, stage,
         events, instruction_n, source_row, category)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          prompt.id,
          prompt.sourceId ?? null,
          prompt.dataset,
          prompt.question,
          JSON.stringify(prompt.options),
          prompt.answer,
          prompt.problemType,
          this.#paths.kept(prompt.video),
          this.#paths.kept(prompt.audio),
          this.#mediaText(prompt.media),
          prompt.hint,
          prompt.split,
          prompt.stage,
          jsonText(prompt.events),
          instructionNumber(this.#db, prompt.system),
          jsonText(prompt.sourceRow),
          prompt.category ?? null,
        ],
      );
      const n = Number(lastInsertRowid);
      for (const key of joinKeys(prompt)) {
        this.#db.run('INSERT INTO prompt_keys (key, prompt_n) VALUES (?, ?)', [key, n]);
      }
      return true;
    });
  }

  /**
   * The id under which a prompt of several media is stored, or is to be. `former` is its id by the first of them alone: a store that
   * was filled before all were kept has it under that, and now gets them.
   */
  idOfSeveral(prompt: Prompt, former: string): string {
    const row = (id: string): PromptRow | undefined =>
      this.#db.get('SELECT * FROM prompts WHERE n = ?', [promptNumber(this.#db, id) ?? null]);
    const known = row(prompt.id);
    if (known) return known.id;
    const old = row(former);
    if (!old || old.media !== null) return prompt.id;
    this.#db.transaction(() => {
      this.#fill(old.n, prompt);
      this.#db.run('INSERT INTO prompt_aliases (id, prompt_n) VALUES (?, ?)', [prompt.id, old.n]);
    });
    return old.id;
  }

  /** Fills in missing media, answer, hint or stage of prompts already stored, matched by id. Returns how many changed. */
  update(prompts: readonly Prompt[]): number {
    return this.#db.transaction(
      () =>
        prompts.filter((prompt) => {
          const n = promptNumber(this.#db, prompt.id);
          return n !== undefined && this.#fill(n, prompt);
        }).length,
    );
  }

  #mediaText(media: Prompt['media']): string | null {
    return jsonText(media?.map((one) => ({ ...one, path: this.#paths.kept(one.path) })));
  }

  /** What was known of a prompt's media, each where it leads somewhere; else what is known now. */
  #fillMedia({ media }: PromptRow, now: Prompt['media']): string | null {
    if (media === null) return this.#mediaText(now);
    return jsonText(
      mediaIn(media).map((one, i) => ({
        ...one,
        path: this.#paths.better(one.path, this.#paths.kept(now?.[i]?.path ?? null)),
      })),
    );
  }

  /** Fills in what is missing; media that are not where they were said to be, or now lie in the project, are taken anew. */
  #fill(n: number, prompt: Prompt): boolean {
    const known = this.#db.get<PromptRow>(`${promptSql} WHERE p.n = ?`, [n])!;
    const filled = {
      video: this.#paths.better(known.video, this.#paths.kept(prompt.video)),
      audio: this.#paths.better(known.audio, this.#paths.kept(prompt.audio)),
      media: this.#fillMedia(known, prompt.media),
      answer: known.answer ?? prompt.answer,
      hint: known.hint ?? prompt.hint,
      stage: known.stage ?? prompt.stage,
      events: known.events ?? jsonText(prompt.events),
      system: known.system ?? prompt.system ?? null,
      source_row: known.source_row ?? jsonText(prompt.sourceRow),
      category: known.category ?? prompt.category ?? null,
      // A dataset's row says the type; what a dump, or an earlier import, took for it was a guess.
      problem_type: known.source_row === null && prompt.sourceRow ? prompt.problemType : known.problem_type,
    };
    const changed = Object.entries(filled).some(([name, value]) => known[name as keyof typeof filled] !== value);
    if (changed) {
      const { system, ...columns } = filled;
      this.#db.run(
        `UPDATE prompts SET video = :video, audio = :audio, media = :media, answer = :answer, hint = :hint, stage = :stage,
           events = :events, instruction_n = :instruction, source_row = :source_row, category = :category, problem_type = :problem_type
         WHERE n = :n`,
        { n, ...columns, instruction: instructionNumber(this.#db, system) },
      );
    }
    return changed;
  }

  /**
   * Joins prompts without media, as trainers' dumps hold them, to the one stored prompt with media that their source's
   * id, else their text, names: their rollouts move to it. One that fits several is left alone. Returns how many joined.
   */
  joinMedia(): number {
    return this.#db.transaction(() => {
      const bare = this.#db.all<PromptRow>(`${promptSql} WHERE video IS NULL AND audio IS NULL`);
      return bare.filter((row) => this.#join(row)).length;
    });
  }

  /** Whether some prompt has neither video nor audio. */
  lackMedia(): boolean {
    return this.#db.get('SELECT 1 FROM prompts WHERE video IS NULL AND audio IS NULL LIMIT 1') !== undefined;
  }

  #join(row: PromptRow): boolean {
    for (const key of joinKeys(promptOf(row))) {
      const matches = this.#db.all<{ n: number }>(
        `SELECT p.n FROM prompt_keys k JOIN prompts p ON p.n = k.prompt_n
         WHERE k.key = ? AND (p.video IS NOT NULL OR p.audio IS NOT NULL) LIMIT 2`,
        [key],
      );
      if (matches.length === 1) {
        this.#merge(row, matches[0].n);
        return true;
      }
      if (matches.length > 1) return false;
    }
    return false;
  }

  #merge(from: PromptRow, to: number): void {
    this.#fill(to, promptOf(from));
    for (const table of ['rollouts', 'groups', 'prompt_aliases']) {
      this.#db.run(`UPDATE ${table} SET prompt_n = ? WHERE prompt_n = ?`, [to, from.n]);
    }
    this.#db.run('DELETE FROM prompts WHERE n = ?', [from.n]);
    this.#db.run('INSERT INTO prompt_aliases (id, prompt_n) VALUES (?, ?)', [from.id, to]);
  }

  /**
   * Makes a prompt that has no rollouts left, for all are another's now, one with that other. Not where it has media that the other has
   * not: that is joined to it. Returns whether it did.
   */
  mergeEmpty(from: string, to: string): boolean {
    return this.#db.transaction(() => {
      const [fromN, toN] = [promptNumber(this.#db, from), promptNumber(this.#db, to)];
      if (fromN === undefined || toN === undefined || fromN === toN) return false;
      const row = (n: number): PromptRow => this.#db.get<PromptRow>('SELECT * FROM prompts WHERE n = ?', [n])!;
      const [emptied, other] = [row(fromN), row(toN)];
      const isJoined = (emptied.video ?? emptied.audio) !== null && (other.video ?? other.audio) === null;
      const hasRollouts = this.#db.get('SELECT 1 FROM rollouts WHERE prompt_n = ? LIMIT 1', [fromN]) !== undefined;
      if (isJoined || hasRollouts) return false;
      this.#merge(emptied, toN);
      return true;
    });
  }

  /** Marks stored prompts whose own ids these are as of another split than training, as their file tells of them by now. */
  hold(prompts: readonly Prompt[]): void {
    for (const { id, split } of prompts)
      if (split !== 'train') this.#db.run('UPDATE prompts SET split = ? WHERE id = ?', [split, id]);
  }

  datasets(): { dataset: string; prompts: number; rollouts: number }[] {
    return this.#db.all(
      `SELECT dataset, count(*) AS prompts,
         sum((SELECT coalesce(sum(g.rollouts), 0) FROM groups g WHERE g.prompt_n = p.n)) AS rollouts
       FROM prompts p GROUP BY dataset ORDER BY dataset`,
    );
  }

  get(id: string): PromptSummary | null {
    const n = promptNumber(this.#db, id);
    const row = n !== undefined && this.#db.get<SummaryRow>(`${summarySql(false)} WHERE p.n = :n`, { n, runId: null });
    return row ? this.#summaryOf(row) : null;
  }

  /** How many prompts a filter keeps, and of how many. */
  kept(filter: Filter): { kept: number; of: number } {
    const count = (where: string): number =>
      this.#db.get<{ count: number }>(`SELECT count(*) AS count FROM prompts p WHERE ${where}`)!.count;
    return { kept: count(conditionOf[filter]('')), of: count('TRUE') };
  }

  /** Where a prompt is in its dataset, in the tree's order: 1 is the first. */
  place(id: string): { place: number; of: number } {
    return this.#db.get<{ place: number; of: number }>(
      `SELECT count(*) FILTER (WHERE q.n <= p.n) AS place, count(*) AS "of"
       FROM prompts p JOIN prompts q ON q.dataset = p.dataset WHERE p.n = ?`,
      [promptNumber(this.#db, id) ?? null],
    )!;
  }

  /** Pages in the tree's order: by dataset, then as they came in. With `runId`, counts are of that run's groups alone. */
  page(query: PromptQuery = {}): Page<PromptSummary> {
    const limit = limitOf(query);
    const [dataset, n] = parseCursor(query.after, ['string', 'number']) ?? ['', 0];
    const match = query.search ? matchExpression(query.search) : null;
    if (query.search && match === null) return { rows: [], next: null };
    const conditions = ['(p.dataset, p.n) > (:afterDataset, :afterN)'];
    if (query.dataset !== undefined) conditions.push('p.dataset = :dataset');
    if (query.split !== undefined) conditions.push('p.split = :split');
    if (query.stage !== undefined) conditions.push('p.stage = :stage');
    if (query.runId !== undefined) conditions.push(`EXISTS (SELECT 1 FROM groups g WHERE g.prompt_n = p.n ${ofRun})`);
    if (match !== null) {
      conditions.push(`p.n IN (SELECT rowid FROM prompt_text WHERE prompt_text MATCH :match UNION
        SELECT r.prompt_n FROM rollout_text t JOIN rollouts r ON r.n = t.rowid WHERE rollout_text MATCH :match)`);
    }
    if (query.filter) conditions.push(conditionOf[query.filter](query.runId === undefined ? '' : ofRun));
    const terms = parseQuery(query.where ?? '');
    const asked = promptCondition(terms);
    if (terms.length > 0) conditions.push(asked.sql);
    if (query.ids !== undefined) conditions.push(`p.n IN (${promptNumbers('ids')})`);
    if (query.rolloutIds !== undefined)
      conditions.push('p.n IN (SELECT prompt_n FROM rollouts WHERE id IN (SELECT value FROM json_each(:rolloutIds)))');
    const rows = this.#db.all<SummaryRow>(
      `${summarySql(query.runId !== undefined)} WHERE ${conditions.join(' AND ')} ORDER BY p.dataset, p.n LIMIT :limit`,
      {
        afterDataset: dataset,
        afterN: n,
        limit: limit + 1,
        runId: query.runId ?? null,
        dataset: query.dataset ?? null,
        split: query.split ?? null,
        stage: query.stage ?? null,
        ids: JSON.stringify(query.ids ?? []),
        rolloutIds: JSON.stringify(query.rolloutIds ?? []),
        match,
        ...asked.values,
      },
    );
    return pageOf(
      rows,
      limit,
      (row) => this.#summaryOf(row),
      (row) => [row.dataset, row.n],
    );
  }

  #summaryOf(row: SummaryRow): PromptSummary {
    const { video, audio, media } = row;
    const places = media === null ? null : mediaIn(media);
    return {
      ...summaryOf(row),
      video: this.#paths.opened(video),
      audio: this.#paths.opened(audio),
      ...(places && { media: places.map((one) => ({ ...one, path: this.#paths.opened(one.path)! })) }),
    };
  }
}

/** Narrows `g` (groups) to the run asked for. */
const ofRun = 'AND g.run_n = (SELECT n FROM runs WHERE id = :runId)';

/** Which prompts a filter keeps; `run` narrows their groups. */
const conditionOf: Record<Filter, (run: string) => string> = {
  labelled: (run) => anyGroup(run, countedConditions.labelled),
  unlabelled: (run) => anyGroup(run, countedConditions.unlabelled),
  submitted: (run) => anyMarked(run, 'submitted'),
  skipped: (run) => anyMarked(run, 'skipped'),
  flagged: (run) => anyMarked(run, 'flagged'),
  commented: (run) => anyMarked(run, 'commented'),
  vanishing: (run) => anyGroup(run, countedConditions.vanishing),
  wrong: (run) => anyGroup(run, countedConditions.wrong),
  hinted: (run) =>
    `p.n IN (SELECT n FROM prompts WHERE hint IS NOT NULL UNION ALL SELECT g.prompt_n FROM groups g WHERE ${countedConditions.hinted} ${run})`,
};

/** An index has these groups alone, by their prompts: none at all is told at once. */
function anyGroup(run: string, condition: string): string {
  return `EXISTS (SELECT 1 FROM groups g WHERE g.prompt_n = p.n AND ${condition} ${run})`;
}

/** From the marks on: people make fewer of them than there are rollouts. */
function anyMarked(run: string, mark: keyof typeof markedRollouts): string {
  return `p.n IN (SELECT r.prompt_n FROM (${markedRollouts[mark]}) m CROSS JOIN rollouts r ON r.n = m.rollout_n
    CROSS JOIN groups g ON g.n = r.group_n WHERE TRUE ${run})`;
}

const promptSql = `SELECT p.*, ${instructionOf('p')} FROM prompts p`;

/** Prompts with what their groups add up to; the groups of one run when `run`. */
function summarySql(run: boolean): string {
  const over = (what: string): string => `(SELECT ${what} FROM groups g WHERE g.prompt_n = p.n ${run ? ofRun : ''})`;
  return `SELECT p.*, ${instructionOf('p')}, ${over('coalesce(sum(g.rollouts), 0)')} AS rollouts, ${over('count(*)')} AS groups,
    ${over(`count(*) FILTER (WHERE ${vanishingCondition})`)} AS vanishing, ${over('max(g.best)')} AS best,
    ${passRate('p.n', run ? 'AND q.run_n = (SELECT n FROM runs WHERE id = :runId)' : '')} AS pass,
    ${over('sum(g.mean * g.scored) / nullif(sum(g.scored), 0)')} AS mean,
    ${over('coalesce(sum(g.labelled), 0)')} AS labelled
    FROM prompts p`;
}

/** What another file may call the same prompt, surest first. Text counts by its letters and digits alone. */
function joinKeys(prompt: Prompt): string[] {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  const keys = [plain([prompt.question, ...prompt.options].join(' ')), plain(prompt.question)]
    .filter((text) => text !== '')
    .map((text) => `text:${text}`);
  const ids = [prompt.sourceId, prompt.id].filter((id) => id).map((id) => `id:${id}`);
  return [...new Set([...ids, ...keys])];
}

const jsonText = (value: unknown): string | null => (value ? JSON.stringify(value) : null);

const mediaIn = (media: string): PromptMedium[] => JSON.parse(media) as PromptMedium[];

function promptOf(row: PromptRow): Prompt {
  return {
    id: row.id,
    sourceId: row.source_id,
    dataset: row.dataset,
    question: row.question,
    options: JSON.parse(row.options) as string[],
    answer: row.answer,
    problemType: row.problem_type,
    video: row.video,
    audio: row.audio,
    ...(row.media !== null && { media: mediaIn(row.media) }),
    hint: row.hint,
    split: row.split,
    stage: row.stage,
    ...(row.events !== null && { events: JSON.parse(row.events) as TrueEvent[] }),
    ...(row.system !== null && { system: row.system }),
    ...(row.category !== null && { category: row.category }),
    ...(row.source_row !== null && { sourceRow: JSON.parse(row.source_row) as Prompt['sourceRow'] }),
  };
}

function summaryOf(row: SummaryRow): PromptSummary {
  return {
    ...promptOf(row),
    rollouts: row.rollouts,
    groups: row.groups,
    labelled: row.labelled,
    vanishingGroups: row.vanishing,
    passRate: row.pass,
    bestReward: row.best,
    meanReward: row.mean,
  };
}
