/** What the page asks of a prompt's media while it is shown: its sound, its frames' times, its pictures. */
import { t } from '@vscode/l10n';
import type { Media, Strip as StripBytes } from '../../../src/protocol/review.ts';
import { Frames } from './frames.ts';
import type { Sound } from './peaks.ts';

/** The host's side; each rejects when the media is not the one shown any more. */
export interface MediaSource {
  peaks(first: number): Promise<{ values: Int16Array; done: boolean }>;
  frames(): Promise<Float64Array>;
  strip(level: number, index: number): Promise<StripBytes | null>;
}

/** A strip at an address of this page, which is given back when the strip is forgotten. */
export interface Strip extends Omit<StripBytes, 'jpeg'> {
  url: string;
}

/** A strip among the 2^`level` of its level. */
interface Place {
  level: number;
  index: number;
}

/** A picture of the video. */
export interface Picture {
  strip: Strip;
  tile: number;
}

/** The finest level of strips that can be asked for. */
export const finest = 20;
/** Strips that are kept at most. */
const mostStrips = 40;
/** Between two requests for peaks while they are being made, in milliseconds. */
const pause = 100;

/** Asks in the background until `stop`; `changed` is called whenever there is more to draw. */
export class MediaData {
  sound: Sound | null = null;
  frames: Frames;
  /** What of the pictures could not be had, and what follows from that, in words. */
  readonly faults: string[] = [];
  readonly hasPicture: boolean;
  readonly #source: MediaSource;
  readonly #changed: () => void;
  readonly #strips = new Map<string, Strip | null>();
  #wanted: Place[] = [];
  /** Of the frame that is looked at. */
  #peeked: Place | null = null;
  #asking = false;
  #stopped = false;

  constructor(media: Extract<Media, { status: 'ready' }>, source: MediaSource, changed: () => void) {
    const { duration, frameRate, hasPicture, peaksPerSecond } = media;
    this.hasPicture = hasPicture;
    this.#source = source;
    this.#changed = changed;
    this.frames = new Frames(duration, frameRate);
    if (peaksPerSecond !== null) void this.#hear(peaksPerSecond);
    if (!hasPicture) return;
    this.want([]);
    source.frames().then(
      (times) => {
        if (times.length === 0) this.#lackTimes(t('the file has none'));
        this.frames = new Frames(duration, frameRate, times);
        this.#tell();
      },
      (error: Error) => this.#lackTimes(error.message),
    );
  }

  #lackTimes(why: string): void {
    const rate = +this.frames.rate.toFixed(3);
    this.faults.push(
      t(
        'No frame times: {0}. Frames are stepped, and edges snap, at the mean rate of {1} a second, which may miss the true frames.',
        why,
        rate,
      ),
    );
    this.#tell();
  }

  /** Asks for nothing more, and forgets the pictures. */
  stop(): void {
    this.#stopped = true;
    for (const place of [...this.#strips.keys()]) this.#forget(place);
  }

  /** Pictures of the whole video; null until made, or when it has none. */
  get whole(): Strip | null {
    return this.#strips.get('0-0') ?? null;
  }

  /** Asks for strips, and for none that was wanted before and is not made yet. */
  want(places: Place[]): void {
    this.#wanted = [{ level: 0, index: 0 }, ...places];
    void this.#ask();
  }

  /** The picture of the moment `at` (0 the start, 1 the end of the video) from a strip of `level`, or of a coarser one. */
  picture(at: number, level: number): Picture | null {
    for (let coarser = level; coarser >= 0; coarser -= 1) {
      const place = at * 2 ** coarser;
      const strip = this.#strips.get(`${coarser}-${Math.floor(place)}`);
      if (strip) return { strip, tile: Math.floor((place % 1) * strip.tiles) };
    }
    return null;
  }

  /** The picture of the frame shown at `seconds` and of no other; null until it is made, which this asks for. */
  frame(seconds: number): Picture | null {
    if (!this.whole) return null;
    const { frames } = this;
    const shown = frames.at(seconds);
    const [start, end] = [frames.start(shown), frames.end(shown)];
    // Four pictures a frame or more, so that the one nearest to its middle is of it.
    const parts = (4 * frames.duration) / (end - start) / this.whole.tiles;
    const level = Math.min(Math.max(Math.ceil(Math.log2(parts)), 0), finest);
    const place = (((start + end) / 2) * 2 ** level) / frames.duration;
    const index = Math.floor(place);
    const strip = this.#strips.get(`${level}-${index}`);
    if (strip === undefined) {
      this.#peeked = { level, index };
      void this.#ask();
    }
    return strip ? { strip, tile: Math.floor((place - index) * strip.tiles) } : null;
  }

  async #hear(perSecond: number): Promise<void> {
    let values = new Int16Array(1 << 12);
    let length = 0;
    try {
      for (let done = false; !done && !this.#stopped;) {
        const more = await this.#source.peaks(length / 2);
        while (length + more.values.length > values.length) {
          const wider = new Int16Array(2 * values.length);
          wider.set(values);
          values = wider;
        }
        values.set(more.values, length);
        length += more.values.length;
        done = more.done;
        this.sound = { values: values.subarray(0, length), perSecond, fault: null };
        this.#tell();
        if (!done) await new Promise((later) => setTimeout(later, pause));
      }
    } catch (error) {
      this.sound = { values: values.subarray(0, length), perSecond, fault: (error as Error).message };
      this.#tell();
    }
  }

  /** Asks for one strip at a time: what is wanted may change before the next. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    for (let place = this.#missing(); place && !this.#stopped; place = this.#missing()) {
      const { level, index } = place;
      // A strip that cannot be made is like one without a picture.
      const made = await this.#source.strip(level, index).catch((error: Error) => this.#lackPictures(error));
      if (this.#stopped) return;
      this.#strips.set(`${level}-${index}`, made && addressed(made));
      const oldest = [...this.#strips.keys()].find((key) => key !== '0-0')!;
      if (this.#strips.size > mostStrips) this.#forget(oldest);
      this.#tell();
    }
    this.#asking = false;
  }

  #forget(place: string): void {
    const strip = this.#strips.get(place);
    if (strip) URL.revokeObjectURL(strip.url);
    this.#strips.delete(place);
  }

  #lackPictures({ message }: Error): null {
    const fault = t('Pictures are missing: {0}', message);
    if (!this.faults.includes(fault)) this.faults.push(fault);
    return null;
  }

  #missing(): Place | undefined {
    const wanted = [...(this.#peeked ? [this.#peeked] : []), ...this.#wanted];
    return wanted.find(({ level, index }) => !this.#strips.has(`${level}-${index}`));
  }

  #tell(): void {
    if (!this.#stopped) this.#changed();
  }
}

function addressed({ jpeg, tiles, aspect }: StripBytes): Strip {
  return { url: URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' })), tiles, aspect };
}
