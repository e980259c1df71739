/** What is damaged in a store, page by page, row by row and word by word. */
import Database from 'better-sqlite3';
import { errorText } from '../domain/error-text.ts';
import { rowFaults } from './checksums.ts';
import { addFunctions } from './functions.ts';
import { migrations } from './schema.ts';

/** How many faults of one kind are told. */
const mostTold = 5;

/** What is damaged in what the file says, in sentences. Nothing in it is changed; takes seconds per 100 MiB. */
export function contentFaults(file: string): string[] {
  // Of a damaged file not even the log is written back: read only, until it is known to be whole.
  const database = new Database(file, { readonly: true });
  try {
    const faults = (database.pragma(`integrity_check(${mostTold})`) as { integrity_check: string }[])
      .map((row) => row.integrity_check)
      .filter((fault) => fault !== 'ok');
    if (faults.length > 0) return faults;
    faults.push(...peopleFaults(database));
    const references = database.pragma('foreign_key_check') as { table: string; parent: string }[];
    for (const [table, rows] of Map.groupBy(references, (row) => row.table))
      faults.push(`${rows.length} rows of ${table} name a row of ${rows[0].parent} that is not there`);
    return faults.length > 0 ? faults : ['prompt_text', 'rollout_text'].flatMap((index) => searchFault(file, index));
  } finally {
    database.close();
  }
}

/** Rows of people that are not as they were saved. A store of an older version has no checksums yet. */
export function peopleFaults(database: Database.Database): string[] {
  if (database.pragma('user_version', { simple: true }) !== migrations.length) return [];
  addFunctions(database);
  const faults = rowFaults(database);
  const more = faults.length - mostTold;
  return [
    ...faults.slice(0, mostTold),
    ...(more > 0 ? [`${more} more rows that people wrote are not as they were saved`] : []),
  ];
}

/** The index of words beside the texts that it is of. */
function searchFault(file: string, index: string): string[] {
  const database = new Database(file, { fileMustExist: true });
  try {
    database.transaction(() => {
      database.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`);
    })();
    return [];
  } catch (error) {
    return [`the search index ${index} does not have what its texts say (${errorText(error)})`];
  } finally {
    database.close();
  }
}
