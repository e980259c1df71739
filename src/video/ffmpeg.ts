/**
 * The one module that knows fluent-ffmpeg (archived 2025) and how ffmpeg is started: a successor is one file's change.
 * Media is hostile: inputs open with file access only and as formats that refer to no other file, pictures and single
 * allocations are bounded, and every call has a time limit and an AbortSignal.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ffmpeg from 'fluent-ffmpeg';
import { leash } from './leash.ts';
import type { MediaFile } from './media-file.ts';

export interface Limits {
  signal?: AbortSignal;
  /** Seconds after which the process is killed. */
  seconds: number;
}

/**
 * What people's datasets hold. Playlists, manifests, scripts and patterns of names are left out: they refer to other files. So does a
 * QuickTime movie's external track, which ffmpeg follows only when it is told to.
 */
const formats = [
  ...['mov', 'matroska', 'avi', 'asf', 'flv', 'mpegts', 'mpeg', 'ivf', 'ogg'],
  ...['wav', 'w64', 'aiff', 'caf', 'au', 'mp3', 'flac', 'aac', 'ac3', 'amr'],
  ...['gif', 'png_pipe', 'jpeg_pipe', 'webp_pipe', 'bmp_pipe', 'tiff_pipe'],
];
/** Of a picture: 8K. The bytes are those of one allocation. */
const mostPixels = 36_000_000;
const mostBytes = 256 << 20;
/** Each thread of a decoder holds pictures. */
const decoders = 4;

/** What stands before an input. */
function guards(file: MediaFile): string[] {
  // Many a JPEG is known by its name alone, to the reader of numbered pictures; to that one a name with "%" is a pattern.
  const allowed = file.includes('%') ? formats : [...formats, 'image2'];
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', allowed.join(',')],
    ...['-max_pixels', `${mostPixels}`, '-max_alloc', `${mostBytes}`, '-threads', `${decoders}`],
  ];
}

/** Of sound: silence until it starts and in its gaps, so that every sample has its place on the clock. */
export const inPlace = 'aresample=async=1:first_pts=0';

const day = 86_400_000;

/** A time limit as timers take it: whole, at least 1 ms, at most a day. */
export function milliseconds(seconds: number): number {
  return Math.min(Math.max(Math.ceil(seconds * 1000) || 1, 1), day);
}

/** ffprobe's JSON about a file, and what it complained of meanwhile. Rejects with its own words when it cannot read the file. */
export async function ffprobe(file: MediaFile, limits: Limits): Promise<{ told: unknown; complaint: string | null }> {
  // fluent-ffmpeg's own ffprobe call can be neither limited nor aborted.
  const args = [...guards(file), '-v', 'error', '-of', 'json', '-show_format', '-show_streams', file];
  try {
    const { stdout, stderr } = await promisify(execFile)(program('ffprobe'), args, {
      ...execution(limits),
      maxBuffer: 4 << 20,
    });
    return { told: JSON.parse(stdout), complaint: complaintIn(stderr, file) };
  } catch (error) {
    throw failure('ffprobe', file, error as Failure, limits);
  }
}

/** A file to read, and the options with which it is opened. */
export interface Input {
  file: MediaFile;
  opening: readonly string[];
}

/** What stands first. Times stay those of the file, or ffmpeg would move what it reads of it to 0. */
const quiet = ['-v', 'error', '-nostdin', '-copyts'];

/**
 * What ffmpeg writes to its standard output with these output options, at most `bytes`; on one thread, so that the same
 * file gives the same bytes. Rejects with ffmpeg's own words, also when the limits are passed.
 */
export async function decode(
  { file, opening }: Input,
  options: readonly string[],
  bytes: number,
  limits: Limits,
): Promise<Buffer> {
  const args = [...quiet, ...guards(file), ...opening, '-threads', '1', '-i', file, ...options, 'pipe:1'];
  try {
    const { stdout } = await promisify(execFile)(program('ffmpeg'), args, {
      ...execution(limits),
      maxBuffer: bytes,
      encoding: 'buffer',
    });
    return stdout;
  } catch (error) {
    throw failure('ffmpeg', file, error as Failure, limits);
  }
}

/** One of ffmpeg's outputs: its options, and how many bytes it has at most. */
export interface Output {
  options: readonly string[];
  bytes: number;
}

/**
 * As `decode`, of two outputs with one start, which costs more than to read a short clip. The first passes through a file: not every
 * platform hands a process pipes of other numbers.
 */
export async function decodeBoth(
  input: Input,
  [first, second]: [Output, Output],
  limits: Limits,
): Promise<[Buffer, Buffer]> {
  const folder = await mkdtemp(join(tmpdir(), 'rollout-lab-'));
  try {
    const file = join(folder, 'first');
    // A file that has as much gets no more.
    const through = [...first.options, '-fs', `${first.bytes + 1}`, file];
    const rest = await decode(input, [...through, ...second.options], second.bytes, limits);
    const made = await readFile(file);
    if (made.length > first.bytes)
      throw failure('ffmpeg', input.file, new RangeError(`gives more than ${first.bytes} bytes`), limits);
    return [made, rest];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What ffmpeg writes to its standard output with these output options, as it comes. A reader that leaves early stops it. */
export function decodeStream({ file, opening }: Input, options: string[], limits: Limits): AsyncGenerator<Buffer> {
  const args = [...quiet, ...guards(file), ...opening, '-i', file, ...options, 'pipe:1'];
  return output('ffmpeg', file, args, limits);
}

/** What ffprobe writes about a file with these options, as it comes. */
export function probeStream(file: MediaFile, options: string[], limits: Limits): AsyncGenerator<Buffer> {
  return output('ffprobe', file, [...guards(file), '-v', 'error', ...options, file], limits);
}

/** A tool's standard output as it comes; the reader's pace is the tool's. Throws the tool's own words when it fails. */
async function* output(tool: Tool, file: MediaFile, args: string[], limits: Limits): AsyncGenerator<Buffer> {
  const child = spawn(program(tool), args, { ...execution(limits), stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => {
    stderr += words;
    if (stderr.length > 4000) stderr = `${stderr.slice(0, 2000)}\n${stderr.slice(-1000)}`;
  });
  const ended = new Promise<Failure | null>((done) => {
    child.on('error', done);
    child.on('close', (code, sent) => {
      const { killed } = child;
      done(code === 0 ? null : Object.assign(new Error(`${tool} ended with ${sent ?? code}`), { killed }));
    });
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const ill = await ended;
    if (ill) throw failure(tool, file, Object.assign(ill, { stderr }), limits);
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * Runs ffmpeg from some files to another with these output options, overwriting. `progress` hears how many seconds are made. Rejects with ffmpeg's own words.
 */
export async function transcode(
  inputs: readonly Input[],
  output: string,
  options: string[],
  limits: Limits & { progress?: (seconds: number) => void },
): Promise<void> {
  try {
    await run(inputs, output, options, limits);
  } catch (error) {
    if (!(error as Error).message.includes("Unrecognized option 'fps_mode'")) throw error;
    // So it was called before ffmpeg 5.1; ffmpeg 9 has the old name no more.
    const old = options.map((option) => (option === '-fps_mode' ? '-vsync' : option));
    await run(inputs, output, old, limits);
  }
}

function run(
  inputs: readonly Input[],
  output: string,
  options: string[],
  limits: Limits & { progress?: (seconds: number) => void },
): Promise<void> {
  const { signal, seconds, progress } = limits;
  return new Promise((done, fail) => {
    signal?.throwIfAborted();
    const command = ffmpeg({ timeout: milliseconds(seconds) / 1000 }).setFfmpegPath(program('ffmpeg'));
    for (const { file, opening } of inputs) command.input(file).inputOptions([...guards(file), ...opening]);
    command.outputOptions([...options, '-y', '-loglevel', 'error', ...(progress ? ['-stats'] : [])]).output(output);
    const abort = (): void => void command.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    command
      // What writes to us fails once nobody reads; what writes to a file goes on. Its process is no part of the package's types.
      .on('start', () => leash((command as unknown as { ffmpegProc: ChildProcess }).ffmpegProc))
      .on('progress', ({ timemark }: { timemark: string }) => progress?.(secondsOf(timemark)))
      .on('end', () => {
        signal?.removeEventListener('abort', abort);
        done();
      })
      .on('error', (error: Error, _stdout, stderr) => {
        signal?.removeEventListener('abort', abort);
        const cause = signal?.aborted ? (signal.reason as Error) : error;
        fail(failure('ffmpeg', inputs[0].file, Object.assign(cause, { stderr: stderr ?? undefined }), limits));
      })
      .run();
  });
}

/** Seconds of ffmpeg's "00:01:02.50". 0 while it says "N/A". */
function secondsOf(timemark: string): number {
  return timemark.split(':').reduce((seconds, part) => 60 * seconds + Number(part), 0) || 0;
}

type Tool = 'ffmpeg' | 'ffprobe';
/** What is started: the tool of PATH, unless the environment names another one. */
const program = (tool: Tool): string =>
  ({ ffmpeg: process.env.FFMPEG_PATH, ffprobe: process.env.FFPROBE_PATH })[tool] ?? tool;

type Failure = Error & { code?: unknown; killed?: boolean; stderr?: string | Buffer };

function execution({ signal, seconds }: Limits) {
  return { signal, timeout: milliseconds(seconds), killSignal: 'SIGKILL' } as const;
}

/** An Error that names the file, and why a tool failed on it. */
function failure(tool: Tool, file: MediaFile, cause: Failure, { seconds }: Limits): Error {
  if (cause.code === 'ENOENT') {
    return new Error(`${tool} is not on the PATH: install ffmpeg to see videos`, { cause });
  }
  const late = cause.killed && cause.name !== 'AbortError' ? `took more than ${Math.ceil(seconds)} s` : null;
  return new Error(`${file}: ${late ?? complaintIn(cause.stderr, file) ?? cause.message}`, { cause });
}

/** What a tool said first and last: the cause comes first, what came of it last. Null when it said nothing. */
function complaintIn(stderr: string | Buffer = '', file: MediaFile): string | null {
  const lines = stderr
    .toString()
    .split(/[\r\n]+/)
    .map((line) =>
      line
        .replace(/^\[(.*?) @ .*Format not on whitelist.*/, 'files of the format $1 are not opened here')
        .replace(/, see the documentation.*/, '')
        .replace(/\[[^\]]* @ (?:0x)?[0-9a-f]+\] */gi, '')
        .replaceAll(`${file}: `, ''),
    )
    // Beside errors, ffmpeg says how far it is, in lines that end with a carriage return.
    .filter((line) => line.trim() !== '' && !/^(frame|size)=/.test(line));
  return lines.length === 0 ? null : [...new Set([lines[0], lines.at(-1)])].join('; ');
}
