/** Instructions: the system messages of prompts and rollouts, of which each text is stored once. */
import type { Connection } from './connection.ts';

/** The row number of a text, which is added where it is new; null of none. */
export function instructionNumber(db: Connection, text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const known = db.get<{ n: number }>('SELECT n FROM instructions WHERE text = ?', [text]);
  return known?.n ?? Number(db.run('INSERT INTO instructions (text) VALUES (?)', [text]).lastInsertRowid);
}

/** Selects, as `system`, the text of the instruction of the prompts or rollouts that are called `alias`. */
export const instructionOf = (alias: 'p' | 'r'): string =>
  `(SELECT text FROM instructions WHERE n = ${alias}.instruction_n) AS system`;
