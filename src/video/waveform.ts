/** How loud a file is over time: the least and the greatest sample of every short stretch, for the timeline. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { decodeStream, inPlace } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';
import { lasting, opening, type Media } from './probe.ts';
import { cached, contentKey } from './proxy.ts';

/** Samples a second that sound is read at, mono. */
const sampleRate = 8000;
/** Samples that a peak is taken of at least, and peaks of a file at most: two MiB, 73 a second of two hours. */
const fewestSamples = 40;
const mostPeaks = 1 << 19;
/** Peaks that are told at once at most. */
const portion = 1 << 16;

/** Peaks from one place on: least and greatest 16-bit sample of each in turn. */
export interface Portion {
  values: Int16Array<ArrayBuffer>;
  /** True when there are no more to come. */
  done: boolean;
}

/**
 * The peaks of a file's sound while ffmpeg decodes it, or at once where `cache` has them (named by content). Sound that starts
 * later than the file, or has gaps, is silent there, so that peak `i` is at `i / perSecond` seconds of the video.
 */
export class Waveform {
  readonly perSecond: number;
  readonly #samplesPerPeak: number;
  #values = new Int16Array(1 << 12);
  #peaks = 0;
  /** Of the stretch that is not complete yet. */
  #least = 0;
  #greatest = 0;
  #samples = 0;
  #grown = Promise.withResolvers<void>();
  #end: 'none yet' | 'done' | Error = 'none yet';

  /** Begins to read `file`; `signal` stops it. */
  constructor(file: MediaFile, media: Media, cache: string, signal?: AbortSignal) {
    this.#samplesPerPeak = Math.max(fewestSamples, Math.ceil((media.duration * sampleRate) / mostPeaks));
    this.perSecond = sampleRate / this.#samplesPerPeak;
    this.#make(file, media, cache, signal)
      .then(
        () => (this.#end = 'done'),
        (error: Error) => (this.#end = error),
      )
      .finally(() => this.#grown.resolve());
  }

  /** The peaks from number `first` on, as many as there are once there is one. Rejects with ffmpeg's reason. */
  async from(first: number): Promise<Portion> {
    while (first >= this.#peaks && this.#end === 'none yet') await this.#grown.promise;
    if (this.#end instanceof Error) throw this.#end;
    const last = Math.min(this.#peaks, first + portion);
    return { values: this.#values.slice(2 * first, 2 * last), done: this.#end === 'done' && last === this.#peaks };
  }

  async #make(file: MediaFile, media: Media, cache: string, signal?: AbortSignal): Promise<void> {
    const path = await cached(cache, `${await contentKey(file)}.peaks`, async (output) => {
      await this.#decode(file, media, signal);
      await writeFile(output, new Uint8Array(this.#values.buffer, 0, 4 * this.#peaks));
    });
    if (this.#peaks > 0) return;
    if ((await stat(path)).size > 8 * mostPeaks)
      throw new Error(`${path}: is not a waveform that Rollout Lab wrote: delete it`);
    const bytes = await readFile(path, { signal });
    this.#values = new Int16Array(Uint8Array.from(bytes).buffer);
    this.#peaks = this.#values.length / 2;
  }

  async #decode(file: MediaFile, media: Media, signal?: AbortSignal): Promise<void> {
    const options = [
      '-map',
      '0:a:0',
      '-af',
      inPlace,
      '-ac',
      '1',
      '-ar',
      `${sampleRate}`,
      '-c:a',
      'pcm_s16le',
      '-f',
      's16le',
    ];
    let odd: Buffer = Buffer.alloc(0);
    const input = { file, opening: opening(media) };
    for await (const chunk of decodeStream(input, options, { signal, seconds: 60 + lasting(media) })) {
      const bytes = odd.length > 0 ? Buffer.concat([odd, chunk]) : chunk;
      for (let at = 0; at + 1 < bytes.length; at += 2) this.#add(bytes.readInt16LE(at));
      odd = bytes.subarray(bytes.length & ~1);
      this.#grown.resolve();
      this.#grown = Promise.withResolvers();
      // Only a file that says a wrong length comes here.
      if (this.#peaks >= mostPeaks + portion) return;
    }
    if (this.#samples > 0) this.#close();
  }

  #add(sample: number): void {
    if (this.#samples === 0 || sample < this.#least) this.#least = sample;
    if (this.#samples === 0 || sample > this.#greatest) this.#greatest = sample;
    this.#samples += 1;
    if (this.#samples === this.#samplesPerPeak) this.#close();
  }

  #close(): void {
    if (2 * this.#peaks === this.#values.length) {
      const wider = new Int16Array(2 * this.#values.length);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[2 * this.#peaks] = this.#least;
    this.#values[2 * this.#peaks + 1] = this.#greatest;
    this.#peaks += 1;
    this.#samples = 0;
  }
}
