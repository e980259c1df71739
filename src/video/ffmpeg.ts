/**
 * The one module that knows fluent-ffmpeg (archived 2025) and how ffmpeg is started: a successor is one file's change.
 * Media is hostile: inputs open with file access only, and every call has a time limit and an AbortSignal.
 */
import { execFile } from 'node:child_process';
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

/** Runs ffmpeg from one file to another with these output options, overwriting. Rejects with ffmpeg's last words. */
export function transcode(
  input: string,
  output: string,
  options: string[],
  { signal, seconds }: Limits,
): Promise<void> {
  return new Promise((done, fail) => {
    signal?.throwIfAborted();
    const command = ffmpeg({ timeout: seconds })
      .input(resolve(input))
      .inputOptions(fileOnly)
      .outputOptions([...options, '-y', '-loglevel', 'error'])
      .output(output);
    const abort = (): void => void command.kill('SIGKILL');
    signal?.addEventListener('abort', abort, { once: true });
    command
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

function reason(tool: string, file: string, error: NodeJS.ErrnoException & { stderr?: string }): string {
  if (error.code === 'ENOENT' || error.message.includes('Cannot find ffmpeg')) {
    return `${tool} is not on the PATH: install ffmpeg to see videos`;
  }
  const said = error.stderr?.trim().split('\n').at(-1);
  return `${file}: ${said ? said.replace(`${file}: `, '') : error.message}`;
}
