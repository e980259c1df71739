/** What the committed sample project is made from. */
import { type Clip, makeClips } from './dataset.ts';

/** Everything in media/sample follows from this number. */
export const seed = 2508;

export function sampleClips(): Clip[] {
  return makeClips(seed);
}
