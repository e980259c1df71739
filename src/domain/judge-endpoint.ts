/** Whether a run's judge is one that its user named: a stored run may be a stranger's, and reasoning goes where it says. Pure. */
import type { EndpointJudgeConfig, RunConfig } from './run.ts';

/** An address as it is known by: a slash at the end, or how the host is written, makes no other. Null of what is none. */
export const plainEndpoint = (address: string): string | null => URL.parse(address)?.href.replace(/\/+$/u, '') ?? null;

/** True when both addresses are one. */
export function sameEndpoint(a: string, b: string): boolean {
  const one = plainEndpoint(a);
  return one !== null && one === plainEndpoint(b);
}

/** What leaves the machine for a judge beside the reasoning, of each prompt and completion. */
export function sentToJudge({ style, frames }: Pick<EndpointJudgeConfig, 'style' | 'frames'>): string {
  const sent = [
    'its question',
    'the correct answer',
    ...(style === 'criteria' ? ['the final answer', 'the caption of its sound'] : []),
    ...(frames > 0 ? [`${frames} ${frames === 1 ? 'frame' : 'frames'} of its video`] : []),
  ];
  return new Intl.ListFormat('en').format(sent);
}

/**
 * Why a run with this judge is not to be trained, where its user names the endpoint `named`, or none, and lets it see so many `frames` of a
 * video; null where it may be.
 */
export function judgeFault(judge: RunConfig['judge'], named: string | null, frames = Infinity): string | null {
  if (judge === null) return null;
  if (named !== null && sameEndpoint(judge.endpoint, named)) {
    if (judge.frames <= frames) return null;
    return (
      `the run sends its judge ${judge.frames} frames of each video, and your settings allow ${frames}: ` +
      'if you want that, raise rolloutLab.judge.frames in your user settings'
    );
  }
  return (
    `the run’s judge is at ${judge.endpoint}, which ${named === null ? 'you have not named' : `is not ${named}`}: reasoning would be ` +
    `sent there, with ${sentToJudge(judge)}. If you trust it, name it: in your user settings (rolloutLab.judge.endpoint), or as --judge URL on the command line`
  );
}
