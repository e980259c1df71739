/** A time as a person types it. */
import { t } from '@vscode/l10n';
import type { Frames } from './frames.ts';
import { clock } from '../label/playhead.ts';

/**
 * The seconds that `text` names: "0:03.20", "1:02:03", "3.2", "3.2 s", or "93f" for frame 93 (the first is 0f). What is wrong with it
 * otherwise, in words.
 */
export function parseTime(text: string, frames: Frames): { seconds: number } | { fault: string } {
  const typed = text.trim().toLowerCase().replace(',', '.');
  const frame = /^(\d+) ?f$/.exec(typed);
  if (frame) {
    const index = Number(frame[1]);
    if (index < frames.count) return { seconds: frames.start(index) };
    return { fault: t('The last frame is {0}f.', frames.count - 1) };
  }
  const time = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)(?: ?s)?$/.exec(typed);
  if (!time) return { fault: t('Type a time such as 0:03.20, 3.2 or 93f.') };
  const [, hours = '0', minutes, last] = time;
  if (minutes !== undefined && Number(last) >= 60) return { fault: t('A minute has 60 seconds, not {0}.', last) };
  const seconds = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(last);
  return seconds <= frames.duration ? { seconds } : { fault: t('The video ends at {0}.', clock(frames.duration)) };
}
