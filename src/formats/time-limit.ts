/** Work by other people's rules (templates, tokenizers), which might never end. */
import { createContext, Script } from 'node:vm';

const given: { work: (() => unknown) | null } = { work: null };
const place = createContext(given);
const call = new Script('work()');

/** Thrown by work that took too long. */
export class TooLong extends Error {}

/** What `work` returns; throws TooLong when it takes more than `limit` (ms). It must await nothing, and may be broken off anywhere. */
export function within<Result>(limit: number, work: () => Result): Result {
  const outer = given.work;
  given.work = work;
  try {
    return call.runInContext(place, { timeout: limit }) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TooLong(`it took more than ${limit / 1000} s`, { cause: error });
  } finally {
    given.work = outer;
  }
}
