/** What the Review panel shows and plays of a prompt's media: made while it is shown, stopped when it is not. */
import { readFile, stat } from 'node:fs/promises';
import { t } from '@vscode/l10n';
import type { Media, Strip } from '../protocol/review.ts';
import { frameTimes } from '../video/frame-times.ts';
import { mediaFile, MediaOutsideError, type MediaFile } from '../video/media-file.ts';
import { isStill, probe, type Media as Probed } from '../video/probe.ts';
import { playable, proxyPlan, type Sound } from '../video/proxy.ts';
import { thumbnails, type StripPlace } from '../video/thumbnails.ts';
import { Waveform, type Portion } from '../video/waveform.ts';

export interface ReviewMediaParts {
  promptId: string;
  /** Null when the prompt names none. */
  video: string | null;
  audio: string | null;
  /** Folders that it may lie in, with links resolved. */
  folders: () => Promise<readonly string[]>;
  /** True when no program may read it before `begin`. */
  waits: boolean;
  /** Folder where proxies, peaks and strips are kept. */
  cache: string;
  /** Hears each step, until stopped. */
  publish: (media: Media) => void;
  /** A URI the page can load for a file; the version changes with the file. */
  uri: (file: string, version: string) => string;
}

/** A file that can be played. */
interface Prepared {
  /** The file itself or its proxy, and what that holds. */
  played: MediaFile;
  probed: Probed;
  waveform: Waveform | null;
}

export class ReviewMedia {
  readonly promptId: string;
  readonly #parts: ReviewMediaParts;
  readonly #stop = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  #outside: string | null = null;
  readonly #prepared: Promise<Prepared | null>;

  /** Begins to make the media ready, unless it waits. */
  constructor(parts: ReviewMediaParts) {
    this.promptId = parts.promptId;
    this.#parts = parts;
    this.#stop.signal.addEventListener('abort', () => this.begin());
    if (!parts.waits) this.begin();
    this.#prepared = this.#prepare();
  }

  /** Begins to make media ready that waits for it. */
  begin(): void {
    this.#begun.resolve();
  }

  /** The folder that the media lies in, when it is refused because the user has not named it. */
  get outside(): string | null {
    return this.#outside;
  }

  /** Ends every process that works for this media; what is waited for rejects. */
  stop(): void {
    this.#stop.abort(new Error(t('another video is shown')));
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
    // What is sent is a plain array: the editor sends no Buffer.
    return made && { jpeg: new Uint8Array(await readFile(made.file)), tiles: made.tiles, aspect: made.aspect };
  }

  async #ready(): Promise<Prepared> {
    const prepared = await this.#prepared;
    if (!prepared) throw new Error(t('the video cannot be opened'));
    return prepared;
  }

  async #prepare(): Promise<Prepared | null> {
    const { video, audio, folders, waits, cache } = this.#parts;
    const main = video ?? audio;
    const { signal } = this.#stop;
    if (main === null) {
      this.#publish({ status: 'none' });
      return null;
    }
    if (waits) {
      this.#publish({
        status: 'waiting',
        message: t(
          'This folder is not trusted, so no program reads its video until you press Play or trust the folder.',
        ),
      });
    }
    await this.#begun.promise;
    try {
      signal.throwIfAborted();
      const file = await mediaFile(main, await folders());
      const probed = await probe(file, signal);
      const sound = audio === null || audio === main ? null : await this.#sound(audio);
      if (isStill(probed) && !sound) {
        this.#publish({ status: 'image', url: await this.#url(file) });
        return null;
      }
      const heard = sound ?? { file, media: probed };
      const waveform = heard.media.audio && new Waveform(heard.file, heard.media, cache, signal);
      const plan = proxyPlan(probed, sound?.media);
      const played = plan ? await this.#proxy(file, probed, plan.why, sound) : file;
      const shown = plan ? lastingAs(await probe(played, signal), [probed, heard.media]) : probed;
      this.#publish({
        status: 'ready',
        url: await this.#url(played),
        duration: shown.duration,
        frameRate: shown.video?.frameRate ?? 0,
        hasPicture: shown.video !== null,
        peaksPerSecond: waveform?.perSecond ?? null,
        proxy: plan?.why ?? null,
      });
      return { probed: shown, played, waveform };
    } catch (error) {
      this.#outside = error instanceof MediaOutsideError ? error.folder : null;
      this.#publish({ status: 'failed', message: (error as Error).message, folder: this.#outside });
      return null;
    }
  }

  async #sound(path: string): Promise<Sound> {
    const file = await mediaFile(path, await this.#parts.folders());
    const media = await probe(file, this.#stop.signal);
    if (!media.audio) throw new Error(t('{0}: holds no sound', path));
    return { file, media };
  }

  async #proxy(file: MediaFile, probed: Probed, why: string, sound: Sound | null): Promise<MediaFile> {
    const tell = (part: number): void =>
      this.#publish({
        status: 'preparing',
        message: t('Making a copy the editor can play ({0})… {1} %', why, 5 * Math.floor(20 * part)),
      });
    tell(0);
    return playable(file, probed, this.#parts.cache, this.#stop.signal, tell, sound);
  }

  #publish(media: Media): void {
    if (!this.#stop.signal.aborted) this.#parts.publish(media);
  }

  /** A plain GET with an etag is cached for ever, so the query changes with the file. */
  async #url(file: string): Promise<string> {
    return this.#parts.uri(file, await fileVersion(file));
  }
}

/** Another text for each state of a file. */
export async function fileVersion(file: string): Promise<string> {
  const { mtimeMs, size } = await stat(file);
  return `${Math.round(mtimeMs)}-${size}`;
}

/** Seconds after its original at which a copy may end: what a packet holds beyond the original’s end is copied, too. */
const overrun = 0.1;

/** A copy with the duration of what it is made of, unless that said a wrong one. */
function lastingAs(copy: Probed, originals: readonly Probed[]): Probed {
  const duration = Math.max(...originals.map((original) => original.duration));
  return Math.abs(copy.duration - duration) < overrun ? { ...copy, duration } : copy;
}
