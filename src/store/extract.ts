/** A store of what one run needs, and nothing else, for a machine that has no other. */
import { rmSync } from 'node:fs';
import { parseRunConfig } from '../domain/preset.ts';
import type { RunConfig } from '../domain/run.ts';
import { Connection } from './connection.ts';
import { ProjectPaths } from './project-paths.ts';

/** What of a run is another one there. */
export interface ExtractChange {
  /** Where it finds its policy and adapter. */
  config: Partial<RunConfig>;
  /** Where it finds a medium, by what `runMedia` calls it; what is not in it stays. */
  media: ReadonlyMap<string, string>;
}

interface MediaRow {
  n: number;
  video: string | null;
  audio: string | null;
  media: string | null;
}

/** The media of the prompts of a run's dataset, each path once. */
export function runMedia(db: Connection, runId: string): string[] {
  const { dataset } = configOf(db, runId);
  const paths = new Set<string>();
  const keep = (path: string): string => {
    paths.add(path);
    return path;
  };
  for (const row of mediaRows(db, 'main', dataset)) renamed(db, row, keep);
  return [...paths];
}

/**
 * Writes a new store to `path`, where nothing is: the run's row, as one that nobody has begun or that goes on from the latest checkpoint; its
 * measurements; the prompts of its dataset; the rollouts that it made, or may begin with, with labels and suggestions. Other runs' rows come
 * along where rollouts are theirs.
 */
export function extractRun(db: Connection, runId: string, path: string, change: ExtractChange): void {
  // Made whole by this version, so that every table is as it is here.
  Connection.open(path).close();
  try {
    db.run('ATTACH ? AS extract', [path]);
    try {
      db.database.transaction(() => copyRows(db, runId, change))();
    } finally {
      db.run('DETACH extract');
    }
  } catch (error) {
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    throw error;
  }
}

function copyRows(db: Connection, runId: string, { config: changed, media }: ExtractChange): void {
  const { n, ...config } = configOf(db, runId);
  const values = { n, dataset: config.dataset };
  const copy = (table: string, where: string): void => {
    // Without those that are generated from others.
    const columns = db.all<{ name: string }>('SELECT name FROM pragma_table_info(?)', [table]);
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    db.database
      .prepare(`INSERT INTO extract.${table} (${names}) SELECT ${names} FROM main.${table} WHERE ${where}`)
      .run(values);
  };
  const others = { none: 'FALSE', imported: 'run_n IS NULL', all: 'TRUE' }[config.storedRollouts];
  const evaluated = config.storedEvaluations ? 'TRUE' : 'evaluation_n IS NULL';
  const rollouts = `(run_n = :n OR (${others} AND ${evaluated})) AND prompt_n IN (SELECT n FROM extract.prompts)`;
  for (const table of ['instructions', 'phase_schemas', 'verdicts']) copy(table, 'TRUE');
  copy('prompts', ':dataset IS NULL OR dataset = :dataset');
  copy('runs', `n = :n OR n IN (SELECT run_n FROM main.rollouts WHERE ${rollouts})`);
  copy('evaluations', `n IN (SELECT evaluation_n FROM main.rollouts WHERE ${rollouts})`);
  copy('groups', `n IN (SELECT group_n FROM main.rollouts WHERE ${rollouts})`);
  copy('rollouts', rollouts);
  for (const table of ['labels', 'suggestions']) copy(table, 'rollout_n IN (SELECT n FROM extract.rollouts)');
  for (const table of ['metrics', 'label_snapshots', 'checkpoints']) copy(table, 'run_n = :n');
  db.run(
    `UPDATE extract.runs SET status = 'queued', request = 'run', pid = NULL, claims = 0, config = :config, remote = NULL
     WHERE n = :n`,
    { n, config: JSON.stringify({ ...config, ...changed }) },
  );
  for (const row of mediaRows(db, 'extract', null)) {
    const [video, audio, all] = renamed(db, row, (path) => media.get(path) ?? path);
    db.run('UPDATE extract.prompts SET video = ?, audio = ?, media = ? WHERE n = ?', [video, audio, all, row.n]);
  }
}

function configOf(db: Connection, runId: string): RunConfig & { n: number } {
  const row = db.get<{ n: number; config: string }>('SELECT n, config FROM runs WHERE id = ?', [runId]);
  if (!row) throw new Error(`there is no run ${runId} in this store`);
  return { ...parseRunConfig(JSON.parse(row.config)), n: row.n };
}

const mediaRows = (db: Connection, schema: 'main' | 'extract', dataset: string | null): MediaRow[] =>
  db.all(
    `SELECT n, video, audio, media FROM ${schema}.prompts
     WHERE coalesce(video, audio, media) IS NOT NULL AND (:dataset IS NULL OR dataset = :dataset)`,
    { dataset },
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
