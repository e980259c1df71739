/**
 * The one module that knows fluent-ffmpeg (archived 2025) and how ffmpeg is started: a successor is one file's change.
 * Media is hostile: inputs open with file access only, and every call has a time limit and an AbortSignal.
 */
import { execFile, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import ffmpeg from 'fluent-ffmpeg';

export interface Limits {
  signal?: AbortSignal;
  /** Seconds after which the process is killed. */
  seconds: number;
}

const fileOnly = ['-protocol_whitelist', 'file'];

/** ffprobe's JSON about a file. Rejects with ffprobe's own words when it cannot read it. */
export async function ffprobe(file: string, { signal, seconds }: Limits): Promise<unknown> {
  // fluent-ffmpeg's own ffprobe call can be neither limited nor aborted.
  const binary = process.env.FFPROBE_PATH ?? 'ffprobe';
  const args = [...fileOnly, '-v', 'error', '-of', 'json', '-show_format', '-show_streams', resolve(file)];
  try {
    const options = { signal, timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: 4 << 20 } as const;
    const { stdout } = await promisify(execFile)(binary, args, options);
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(reason('ffprobe', file, error as NodeJS.ErrnoException & { stderr?: string }), { cause: error });
  }
}

/**
 * What ffmpeg writes to its standard output with these output options, at most `bytes`; on one thread, so that the same
 * file gives the same bytes. Rejects with ffmpeg's last words, also when the limits are passed.
 */
export async function decode(input: string, options: string[], bytes: number, limits: Limits): Promise<Buffer> {
  const { signal, seconds } = limits;
  const args = ['-v', 'error', '-nostdin', '-threads', '1', ...fileOnly, '-i', resolve(input), ...options];
  try {
    const execution = { signal, timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: bytes } as const;
    const { stdout } = await promisify(execFile)(process.env.FFMPEG_PATH ?? 'ffmpeg', [...args, 'pipe:1'], {
      ...execution,
      encoding: 'buffer',
    });
    return stdout;
  } catch (error) {
    const failure = error as NodeJS.ErrnoException & { stderr?: Buffer };
    const stderr = failure.stderr?.toString();
    throw new Error(reason('ffmpeg', input, Object.assign(failure, { stderr })), { cause: error });
  }
}

/** What ffmpeg writes to its standard output with these output options, as it comes. A reader that leaves early stops it. */
export function decodeStream(input: string, options: string[], limits: Limits): AsyncGenerator<Buffer> {
  const args = ['-v', 'error', '-nostdin', ...fileOnly, '-i', resolve(input), ...options, 'pipe:1'];
  return output('ffmpeg', input, args, limits);
}

/** What ffprobe writes about a file with these options, as it comes. */
export function probeStream(file: string, options: string[], limits: Limits): AsyncGenerator<Buffer> {
  return output('ffprobe', file, [...fileOnly, '-v', 'error', ...options, resolve(file)], limits);
}

/** A tool's standard output as it comes; the reader's pace is the tool's. Throws the tool's last words when it fails. */
async function* output(
  tool: 'ffmpeg' | 'ffprobe',
  file: string,
  args: string[],
  { signal, seconds }: Limits,
): AsyncGenerator<Buffer> {
  const binary = { ffmpeg: process.env.FFMPEG_PATH, ffprobe: process.env.FFPROBE_PATH }[tool] ?? tool;
  const limits = { signal, timeout: seconds * 1000, killSignal: 'SIGKILL' } as const;
  const child = spawn(binary, args, { ...limits, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => (stderr = (stderr + words).slice(-1000)));
  const ended = new Promise<Error | null>((done) => {
    child.on('error', done);
    child.on('close', (code, killed) => done(code === 0 ? null : new Error(`it ended with ${killed ?? code}`)));
  });
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const failure = await ended;
    if (failure) throw new Error(reason(tool, file, Object.assign(failure, { stderr })), { cause: failure });
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * Runs ffmpeg from one file to another with these output options, overwriting; the input is opened once for each list of
 * `openings`, with its options. `progress` hears how many seconds are made. Rejects with ffmpeg's last words.
 */
export function transcode(
  input: string,
  output: string,
  options: string[],
  { signal, seconds, progress }: Limits & { progress?: (seconds: number) => void },
  openings: readonly string[][] = [[]],
): Promise<void> {
  return new Promise((done, fail) => {
    signal?.throwIfAborted();
    const command = ffmpeg({ timeout: seconds });
    for (const opening of openings) command.input(resolve(input)).inputOptions([...fileOnly, ...opening]);
    command.outputOptions([...options, '-y', '-loglevel', 'error', ...(progress ? ['-stats'] : [])]).output(output);
    const abort = (): void => void command.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    command
      .on('progress', ({ timemark }: { timemark: string }) => progress?.(secondsOf(timemark)))
      .on('end', () => {
        signal?.removeEventListener('abort', abort);
        done();
      })
      .on('error', (error: Error, _stdout, stderr) => {
        signal?.removeEventListener('abort', abort);
        const cause = signal?.aborted ? (signal.reason as Error) : error;
        fail(new Error(reason('ffmpeg', input, Object.assign(cause, { stderr: stderr ?? undefined })), { cause }));
      })
      .run();
  });
}

/** Seconds of ffmpeg's "00:01:02.50". 0 while it says "N/A". */
function secondsOf(timemark: string): number {
  return timemark.split(':').reduce((seconds, part) => 60 * seconds + Number(part), 0) || 0;
}

function reason(tool: string, file: string, error: NodeJS.ErrnoException & { stderr?: string }): string {
  if (error.code === 'ENOENT' || error.message.includes('Cannot find ffmpeg')) {
    return `${tool} is not on the PATH: install ffmpeg to see videos`;
  }
  // Beside errors, ffmpeg says how far it is, in lines that end with a carriage return.
  const lines = error.stderr?.trim().split(/[\r\n]+/);
  const said = lines?.findLast((line) => !/^(frame|size)=/.test(line));
  return `${file}: ${said ? said.replace(`${file}: `, '') : error.message}`;
}
