/** Why a completion ended, by what stands beside it in a row. */
import { finishNamed } from '../domain/finish.ts';
import { isRow } from './columns.ts';

/** Texts that name the reason, and flags that tell of the limit. */
const reasons = ['finish_reason', 'stop_reason', 'status'];
const flags = ['is_truncated', 'truncated'];

/**
 * Of a row with `finish_reason` (a word, or SGLang's object with its `type`), `stop_reason`, `is_truncated` or `truncated`, or slime's
 * `status`. A `stop_reason` may also be the text that stopped it, and a status anything, so these count by the words that are known alone.
 */
export function finishOf(row: unknown): string | null {
  if (!isRow(row)) return null;
  for (const name of reasons) {
    const value = isRow(row[name]) ? row[name].type : row[name];
    const finish = typeof value === 'string' ? finishNamed(value) : null;
    if (finish !== null && (name === 'finish_reason' || ['stop', 'length'].includes(finish))) return finish;
  }
  for (const name of flags) {
    const flag = String(row[name]).toLowerCase();
    if (['true', '1'].includes(flag)) return 'length';
    if (['false', '0'].includes(flag)) return 'stop';
  }
  return null;
}
