/** A store of what one run or evaluation needs, and nothing else, for a machine that has no other. */
import { rmSync } from 'node:fs';
import { parseRunConfig } from '../domain/preset.ts';
import { partOfRun, type PromptPart } from '../domain/run-prompts.ts';
import type { RunConfig } from '../domain/run.ts';
import { Connection } from './connection.ts';
import { ProjectPaths } from './project-paths.ts';
import { promptNumbers } from './row-numbers.ts';
import { storedCondition } from './run-prompts.ts';

/** What of a run or an evaluation is another one there. */
export interface ExtractChange {
  /** Where it finds its policy and its adapter. */
  policy: string;
  adapter: string | null;
  /** Where it finds a medium, by what `promptMedia` calls it; what is not in it stays. */
  media: ReadonlyMap<string, string>;
}

interface MediaRow {
  n: number;
  video: string | null;
  audio: string | null;
  media: string | null;
}

/** The media of such prompts, each path once, as an extract renames them. */
export function promptMedia(db: Connection, part: PromptPart): string[] {
  const paths = new Set<string>();
  const keep = (path: string): string => {
    paths.add(path);
    return path;
  };
  for (const row of mediaRows(db, 'main', part)) renamed(db, row, keep);
  return [...paths];
}

/**
 * Writes a new store to `path`, where nothing is: the run's row, as one that nobody has begun or that goes on from the latest checkpoint; its
 * measurements; the prompts that it needs; the rollouts that it made, or may begin with, with labels and suggestions. Other runs' rows come
 * along where rollouts are theirs.
 */
export function extractRun(db: Connection, runId: string, path: string, change: ExtractChange): void {
  const { n, ...config } = configOf(db, runId);
  writeExtract(db, path, change.media, (copy) => {
    copy('verdicts', 'TRUE');
    copyRollouts(copy, { part: partOfRun(config), own: 'runs', n, also: storedCondition(config) });
    for (const table of ['labels', 'suggestions']) copy(table, 'rollout_n IN (SELECT n FROM extract.rollouts)');
    for (const table of ['metrics', 'label_snapshots', 'checkpoints']) copy(table, 'run_n = :n', { n });
    const { policy, adapter } = change;
    db.run(
      `UPDATE extract.runs SET status = 'queued', request = 'run', pid = NULL, claims = 0, config = :config, remote = NULL
       WHERE n = :n`,
      { n, config: JSON.stringify({ ...config, policy, adapter }) },
    );
  });
}

/** The same of an evaluation: its row, the prompts that it asks, and its rollouts that are there. */
export function extractEvaluation(db: Connection, id: string, path: string, change: ExtractChange): void {
  const row = db.get<PromptPart & { n: number; settings: string }>(
    'SELECT n, dataset, split, settings FROM evaluations WHERE id = ?',
    [id],
  );
  if (!row) throw new Error(`there is no evaluation ${id} in this store`);
  const { n, settings, ...part } = row;
  writeExtract(db, path, change.media, (copy) => {
    copyRollouts(copy, { part, own: 'evaluations', n, also: 'FALSE' });
    db.run(
      `UPDATE extract.evaluations SET status = 'queued', request = 'run', pid = NULL, claims = 0, adapter = :adapter,
         settings = :settings, remote = NULL, said = NULL, error = NULL, ended_at = NULL WHERE n = :n`,
      {
        ...{ n, adapter: change.adapter },
        settings: JSON.stringify({ ...(JSON.parse(settings) as object), policyFolder: change.policy }),
      },
    );
  });
}

type Values = Record<string, string | number | null>;
/** Copies rows of a table to the extract. */
type Copy = (table: string, where: string, values?: Values) => void;

function writeExtract(
  db: Connection,
  path: string,
  media: ReadonlyMap<string, string>,
  fill: (copy: Copy) => void,
): void {
  // Made whole by this version, so that every table is as it is here.
  Connection.open(path).close();
  try {
    db.run('ATTACH ? AS extract', [path]);
    try {
      db.database.transaction(() => {
        const copy: Copy = (table, where, values = {}) => copyRows(db, table, where, values);
        for (const table of ['instructions', 'phase_schemas']) copy(table, 'TRUE');
        fill(copy);
        // Their other facts came by triggers.
        db.run(`UPDATE extract.rollout_facts SET (correct, words) =
          (SELECT f.correct, f.words FROM main.rollout_facts f WHERE f.n = rollout_facts.n)`);
        for (const row of mediaRows(db, 'extract', { dataset: null, split: null })) {
          const [video, audio, all] = renamed(db, row, (one) => media.get(one) ?? one);
          db.run('UPDATE extract.prompts SET video = ?, audio = ?, media = ? WHERE n = ?', [video, audio, all, row.n]);
        }
      })();
    } finally {
      db.run('DETACH extract');
    }
  } catch (error) {
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    throw error;
  }
}

function copyRows(db: Connection, table: string, where: string, values: Values): void {
  // Without those that are generated from others.
  const columns = db.all<{ name: string }>('SELECT name FROM pragma_table_info(?)', [table]);
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  db.database
    .prepare(`INSERT INTO extract.${table} (${names}) SELECT ${names} FROM main.${table} WHERE ${where}`)
    .run(values);
}

const inPart = `(:dataset IS NULL OR dataset = :dataset) AND (:split IS NULL OR split = :split)
  AND (:selected IS NULL OR split <> :selectedOf OR n IN (${promptNumbers('selected')}))`;

const valuesOf = ({ dataset, split, selected }: PromptPart): Values => ({
  ...{ dataset, split },
  selected: selected ? JSON.stringify(selected.ids) : null,
  selectedOf: selected?.split ?? null,
});

/** The prompts of a part, and of the rollouts that answer them those that the row `n` of `own` made, and such `also`; with the rows that these name. */
function copyRollouts(
  copy: Copy,
  { part, own, n, also }: { part: PromptPart; own: 'runs' | 'evaluations'; n: number; also: string },
): void {
  const by = { runs: 'run_n', evaluations: 'evaluation_n' };
  const rollouts = `(${by[own]} = :n OR (${also})) AND prompt_n IN (SELECT n FROM extract.prompts)`;
  copy('prompts', inPart, valuesOf(part));
  copy('prompt_aliases', 'prompt_n IN (SELECT n FROM extract.prompts)');
  for (const table of ['runs', 'evaluations'] as const) {
    const named = `n IN (SELECT ${by[table]} FROM main.rollout_facts WHERE ${rollouts})`;
    copy(table, table === own ? `n = :n OR ${named}` : named, { n });
  }
  copy('groups', `n IN (SELECT group_n FROM main.rollout_facts WHERE ${rollouts})`, { n });
  copy('rollouts', `n IN (SELECT n FROM main.rollout_facts WHERE ${rollouts})`, { n });
}

function configOf(db: Connection, runId: string): RunConfig & { n: number } {
  const row = db.get<{ n: number; config: string }>('SELECT n, config FROM runs WHERE id = ?', [runId]);
  if (!row) throw new Error(`there is no run ${runId} in this store`);
  return { ...parseRunConfig(JSON.parse(row.config)), n: row.n };
}

const mediaRows = (db: Connection, schema: 'main' | 'extract', part: PromptPart): MediaRow[] =>
  db.all(
    `SELECT n, video, audio, media FROM ${schema}.prompts WHERE coalesce(video, audio, media) IS NOT NULL AND ${inPart}`,
    valuesOf(part),
  );

/** Video, sound and all media of a row, with each path as `rename` has it. */
function renamed(db: Connection, row: MediaRow, rename: (path: string) => string): (string | null)[] {
  const paths = new ProjectPaths(db.file);
  const one = (kept: string | null): string | null => kept && rename(paths.opened(kept)!);
  const all = row.media === null ? null : (JSON.parse(row.media) as { path: string }[]);
  return [
    one(row.video),
    one(row.audio),
    all && JSON.stringify(all.map((medium) => ({ ...medium, path: one(medium.path) }))),
  ];
}
