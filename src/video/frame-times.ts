/** When each frame of a video is shown: with an uneven rate, the only way to step from one to the next. */
import { probeStream } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';
import { lasting, type Media } from './probe.ts';

/** Frames that are read at most: four hours at 60 a second. */
const most = 4 * 3600 * 60;

/** The seconds at which each frame of a file's pictures is shown, ascending. Rejects with ffprobe's reason. */
export async function frameTimes(
  file: MediaFile,
  media: Media,
  signal?: AbortSignal,
): Promise<Float64Array<ArrayBuffer>> {
  const times = new FrameTimes(media.zero);
  // Packets tell their times without being decoded.
  const options = ['-select_streams', 'V:0', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0'];
  let rest = '';
  for await (const chunk of probeStream(file, options, { signal, seconds: 60 + lasting(media) / 10 })) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) times.add(line);
    if (times.count >= most) break;
  }
  return times.all();
}

class FrameTimes {
  count = 0;
  #times = new Float64Array(1 << 12);
  readonly #zero: number;

  /** `zero` is the timestamp at which the clock shows 0. */
  constructor(zero: number) {
    this.#zero = zero;
  }

  /** A packet as ffprobe tells it: "0.040000,K__". One that an edit list cuts off is discarded ("D"). */
  add(line: string): void {
    const [text, flags = ''] = line.split(',');
    const time = Number.parseFloat(text) - this.#zero;
    if (!(time >= 0) || flags.includes('D')) return;
    if (this.count === this.#times.length) {
      const wider = new Float64Array(2 * this.count);
      wider.set(this.#times);
      this.#times = wider;
    }
    // Packets come in the order of decoding: only a few frames away from the order of showing.
    let at = this.count;
    for (; at > 0 && this.#times[at - 1] > time; at -= 1) this.#times[at] = this.#times[at - 1];
    this.#times[at] = time;
    this.count += 1;
  }

  all(): Float64Array<ArrayBuffer> {
    return this.#times.slice(0, this.count);
  }
}
