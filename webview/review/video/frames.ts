/** The frames of a video, by number and by time. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';

/** Seconds: a frame's time told by a binary fraction, or in microseconds, is still that frame's. */
const tolerance = 0.0005;

/** Frame `i` is shown from `start(i)` seconds on. At one even rate until the true times are known. */
export class Frames {
  readonly duration: number;
  /** Mean frames a second; 25 when unknown. */
  readonly rate: number;
  readonly #times: Float64Array | null;

  /** `times` are the seconds at which each frame is shown, ascending; null while they are not known. */
  constructor(duration: number, rate: number, times: Float64Array | null = null) {
    this.duration = duration;
    this.rate = rate > 0 ? rate : 25;
    this.#times = times?.length ? times : null;
  }

  get count(): number {
    return this.#times?.length ?? Math.max(1, Math.round(this.duration * this.rate));
  }

  /** Seconds at which the frame is shown; of a number beyond the last or the first, theirs. */
  start(index: number): number {
    const kept = Math.min(Math.max(index, 0), this.count - 1);
    return this.#times?.[kept] ?? kept / this.rate;
  }

  /** The number of the frame shown at `seconds`. */
  at(seconds: number): number {
    const after = this.#times
      ? partitionPoint(this.#times, (time) => time <= seconds + tolerance)
      : Math.floor((seconds + tolerance) * this.rate) + 1;
    return Math.min(Math.max(after - 1, 0), this.count - 1);
  }

  /** The border nearest to `seconds`: a frame's start, or the video's end. */
  snap(seconds: number): number {
    const index = this.at(seconds);
    const [before, after] = [this.start(index), this.end(index)];
    return seconds - before <= after - seconds ? before : after;
  }

  /** The border `count` frames away from the one nearest to `seconds`. */
  nudge(seconds: number, count: number): number {
    const border = this.snap(seconds);
    const index = border >= this.end(this.count - 1) ? this.count : this.at(border);
    const moved = index + count;
    return moved >= this.count ? this.end(this.count - 1) : this.start(moved);
  }

  /** Seconds to seek to so that the frame of that time is the one shown: a player's rounding must not show the one before. */
  inside(seconds: number): number {
    const start = this.start(this.at(seconds));
    return Math.abs(seconds - start) <= tolerance ? start + 2 * tolerance : seconds;
  }

  /** Seconds at which the frame is shown no more. */
  end(index: number): number {
    return index + 1 < this.count ? this.start(index + 1) : Math.max(this.duration, this.start(index));
  }
}
