/** The sound of a video as the timeline draws it. */

/** Peaks known so far: least and greatest 16-bit sample of each in turn. */
export interface Sound {
  values: Int16Array;
  perSecond: number;
  /** Why no more will come although some are missing; null when nothing went wrong. */
  fault: string | null;
}

/**
 * The least and the greatest sample in turn of each of `count` columns that the seconds [from, to) are cut into, as fractions of
 * full scale; NaN where no peak is known.
 */
export function columns({ values, perSecond }: Sound, from: number, to: number, count: number): Float32Array {
  const drawn = new Float32Array(2 * count).fill(NaN);
  const peaks = values.length / 2;
  const width = ((to - from) / count) * perSecond;
  for (let column = 0; column < count; column += 1) {
    const start = from * perSecond + column * width;
    const first = Math.max(Math.floor(start), 0);
    const last = Math.min(Math.max(Math.ceil(start + width), first + 1), peaks);
    if (first >= last) continue;
    let least = values[2 * first];
    let greatest = values[2 * first + 1];
    for (let peak = first + 1; peak < last; peak += 1) {
      least = Math.min(least, values[2 * peak]);
      greatest = Math.max(greatest, values[2 * peak + 1]);
    }
    drawn[2 * column] = least / 32768;
    drawn[2 * column + 1] = greatest / 32768;
  }
  return drawn;
}

/** The largest absolute sample from peak `first` on, as a fraction of full scale. */
export function loudest(values: Int16Array, first = 0): number {
  let most = 0;
  for (let at = 2 * first; at < values.length; at += 1) most = Math.max(most, Math.abs(values[at]));
  return most / 32768;
}
