/** Whether a run's judge is one that its user named: a stored run may be a stranger's, and reasoning goes where it says. Pure. */
import type { RunConfig } from './run.ts';

/** True when both addresses are one: a slash at the end, or how the host is written, makes no other. */
export function sameEndpoint(a: string, b: string): boolean {
  const [one, other] = [a, b].map((address) => URL.parse(address)?.href.replace(/\/+$/u, ''));
  return one !== undefined && one === other;
}

/** Why a run with this judge is not to be trained, where its user names the endpoint `named`, or none; null where it may be. */
export function judgeFault(judge: RunConfig['judge'], named: string | null): string | null {
  if (judge === null || (named !== null && sameEndpoint(judge.endpoint, named))) return null;
  return (
    `the run’s judge is at ${judge.endpoint}, which ${named === null ? 'you have not named' : `is not ${named}`}: questions, correct answers and ` +
    'reasoning would be sent there. If you trust it, name it: in your user settings (rolloutLab.judge.endpoint), or as --judge URL on the command line'
  );
}
