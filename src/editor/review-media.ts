/** What the Review panel shows and plays of a prompt's media: made while it is shown, stopped when it is not. */
import { stat } from 'node:fs/promises';
import type { Media, Strip } from '../protocol/review.ts';
import { frameTimes } from '../video/frame-times.ts';
import { probe, type Media as Probed } from '../video/probe.ts';
import { playable, proxyPlan } from '../video/proxy.ts';
import { thumbnails, type StripPlace } from '../video/thumbnails.ts';
import { Waveform, type Portion } from '../video/waveform.ts';

export interface ReviewMediaParts {
  promptId: string;
  /** Null when the prompt names none. */
  video: string | null;
  /** Folder where proxies, peaks and strips are kept. */
  cache: string;
  /** Hears each step, until stopped. */
  publish: (media: Media) => void;
  /** A URI the page can load for a file; the version changes with the file. */
  uri: (file: string, version: string) => string;
}

/** A file that can be played. */
interface Prepared {
  probed: Probed;
  /** The file itself or its proxy. */
  played: string;
  waveform: Waveform | null;
}

export class ReviewMedia {
  readonly promptId: string;
  readonly #parts: ReviewMediaParts;
  readonly #stop = new AbortController();
  readonly #prepared: Promise<Prepared | null>;

  /** Begins to make the media ready. */
  constructor(parts: ReviewMediaParts) {
    this.promptId = parts.promptId;
    this.#parts = parts;
    this.#prepared = this.#prepare();
  }

  /** Ends every process that works for this media; what is waited for rejects. */
  stop(): void {
    this.#stop.abort(new Error('another video is shown'));
  }

  /** See the protocol's `peaks`. */
  async peaks(first: number): Promise<Portion> {
    const { waveform } = await this.#ready();
    return waveform ? waveform.from(first) : { values: new Int16Array(), done: true };
  }

  /** See the protocol's `frames`. */
  async frames(): Promise<Float64Array<ArrayBuffer>> {
    const { played, probed } = await this.#ready();
    return probed.video ? frameTimes(played, probed, this.#stop.signal) : new Float64Array();
  }

  /** See the protocol's `strip`. */
  async strip(place: StripPlace): Promise<Strip | null> {
    const { played, probed } = await this.#ready();
    const made = await thumbnails(played, probed, place, this.#parts.cache, this.#stop.signal);
    return made && { url: await this.#url(made.file), tiles: made.tiles, aspect: made.aspect };
  }

  async #ready(): Promise<Prepared> {
    const prepared = await this.#prepared;
    if (!prepared) throw new Error('the video cannot be opened');
    return prepared;
  }

  async #prepare(): Promise<Prepared | null> {
    const { video: file, cache } = this.#parts;
    const { signal } = this.#stop;
    if (file === null) {
      this.#publish({
        status: 'none',
        message: 'This prompt names no video. Import it again with its media folder.',
      });
      return null;
    }
    try {
      const probed = await probe(file, signal);
      const waveform = probed.audio && new Waveform(file, probed, cache, signal);
      const plan = proxyPlan(probed);
      const played = plan ? await this.#proxy(file, probed, plan.why) : file;
      this.#publish({
        status: 'ready',
        url: await this.#url(played),
        duration: probed.duration,
        frameRate: probed.video?.frameRate ?? 0,
        hasPicture: probed.video !== null,
        peaksPerSecond: waveform?.perSecond ?? null,
        proxy: plan?.why ?? null,
      });
      return { probed, played, waveform };
    } catch (error) {
      this.#publish({ status: 'failed', message: (error as Error).message });
      return null;
    }
  }

  async #proxy(file: string, probed: Probed, why: string): Promise<string> {
    const tell = (part: number): void =>
      this.#publish({
        status: 'preparing',
        message: `Making a copy the editor can play (${why})… ${5 * Math.floor(20 * part)} %`,
      });
    tell(0);
    return playable(file, probed, this.#parts.cache, this.#stop.signal, tell);
  }

  #publish(media: Media): void {
    if (!this.#stop.signal.aborted) this.#parts.publish(media);
  }

  /** A plain GET with an etag is cached for ever, so the query changes with the file. */
  async #url(file: string): Promise<string> {
    const { mtimeMs, size } = await stat(file);
    return this.#parts.uri(file, `${Math.round(mtimeMs)}-${size}`);
  }
}
