/** Checksums of what people wrote: each row carries one of all that it holds, so that a row that changed by itself is noticed. */
import type Database from 'better-sqlite3';

interface People {
  /** Its primary key. */
  key: readonly string[];
  /** What else the checksum is of. */
  columns: readonly string[];
  /** SQL: what a row is, in words, with its rollout as r. */
  words: string;
}

/** The tables of people's rows, which are inserted and deleted, never changed. */
const tables: Readonly<Record<string, People>> = {
  labels: { key: ['rollout_n', 'annotator'], columns: ['value', 'saved_at'], words: `'label of ' || t.annotator` },
  revisions: {
    key: ['seq'],
    columns: ['rollout_n', 'annotator', 'at', 'action', 'before', 'after'],
    words: `'edit of ' || t.annotator || '’s label'`,
  },
  reviews: {
    key: ['seq'],
    columns: ['rollout_n', 'annotator', 'reviewer', 'verdict', 'value', 'at'],
    words: `'review by ' || t.reviewer || ' of ' || t.annotator || '’s label'`,
  },
  statuses: {
    key: ['rollout_n', 'annotator'],
    columns: ['status', 'reason', 'at'],
    words: `'status of ' || t.annotator`,
  },
  flags: { key: ['rollout_n', 'annotator'], columns: [], words: `'flag of ' || t.annotator` },
  status_changes: {
    key: ['seq'],
    columns: ['rollout_n', 'annotator', 'at', 'change', 'reason'],
    words: `'change of ' || t.annotator || '’s status or flag'`,
  },
  tags: { key: ['rollout_n', 'annotator', 'tag'], columns: [], words: `'tag of ' || t.annotator` },
  tag_changes: {
    key: ['seq'],
    columns: ['rollout_n', 'annotator', 'tag', 'at', 'change'],
    words: `'change of ' || t.annotator || '’s tags'`,
  },
  comment_changes: {
    key: ['seq'],
    columns: ['comment', 'rollout_n', 'annotator', 'at', 'change', 'value'],
    words: `'comment of ' || t.annotator`,
  },
  judgement_changes: {
    key: ['seq'],
    columns: ['rollout_n', 'annotator', 'at', 'action', 'steps'],
    words: `'judgement of ' || t.annotator`,
  },
  preference_changes: {
    key: ['seq'],
    columns: ['rollout_n', 'other_n', 'annotator', 'at', 'action', 'verdict'],
    words: `'preference of ' || t.annotator`,
  },
  correction_changes: {
    key: ['seq'],
    columns: ['rollout_n', 'annotator', 'at', 'action', 'text', 'boundaries'],
    words: `'correction of ' || t.annotator`,
  },
  correction_drafts: {
    key: ['rollout_n', 'annotator'],
    columns: ['at', 'draft', 'discarded'],
    words: `'draft of a correction of ' || t.annotator`,
  },
};

/** From now on each row that this connection adds gets its checksum, in the same transaction. */
export function addChecksums(database: Database.Database): void {
  for (const [table, { key, columns }] of Object.entries(tables)) {
    const values = [...key, ...columns].map((column) => `new.${column}`).join(', ');
    const isRow = key.map((column) => `${column} = new.${column}`).join(' AND ');
    database.exec(
      `CREATE TEMP TRIGGER ${table}_checksum AFTER INSERT ON main.${table} BEGIN
         UPDATE ${table} SET checksum = checksum(${values}) WHERE ${isRow};
       END`,
    );
  }
}

/** The rows that are not as they were saved, each in a few words: all, or those on one rollout; `addFunctions` came before. */
export function rowFaults(database: Database.Database, rolloutId: string | null = null): string[] {
  const isMeant = rolloutId === null ? 'TRUE' : 't.rollout_n = (SELECT n FROM rollouts WHERE id = ?)';
  return Object.entries(tables).flatMap(
    ([table, { key, columns, words }]) =>
      database
        .prepare(
          `SELECT 'the ' || ${words} || ' on rollout ' || coalesce(r.id, 'no. ' || t.rollout_n) || ' is not as it was saved'
           FROM ${table} t LEFT JOIN rollouts r ON r.n = t.rollout_n
           WHERE ${isMeant} AND t.checksum IS NOT checksum(${[...key, ...columns].map((column) => `t.${column}`).join(', ')})`,
        )
        .pluck()
        .all(rolloutId === null ? [] : [rolloutId]) as string[],
  );
}
