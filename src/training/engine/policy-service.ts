/** A policy in a Python process of its own (src/cluster/policy), asked over its pipes: a JSON line a request, a JSON line an answer. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorText } from '../../domain/error-text.ts';
import { EngineLostError } from './engine.ts';

/** An array on the pipe: little endian, in base64. */
export interface Packed {
  dtype: 'f32' | 'i32';
  shape: readonly number[];
  data: string;
}

export function packed(values: Float32Array | Int32Array, shape: readonly number[] = [values.length]): Packed {
  const { buffer, byteOffset, byteLength } = values;
  const data = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return { dtype: values instanceof Float32Array ? 'f32' : 'i32', shape, data };
}

/** The values of an array of the pipe. A copy: base64's own buffer may not lie on a border of four bytes. */
export const floats = ({ data }: Packed): Float32Array => new Float32Array(bytes(data));
export const integers = ({ data }: Packed): Int32Array => new Int32Array(bytes(data));

function bytes(data: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = Buffer.from(data, 'base64');
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** What the service says is wrong: `kind` tells whose fault, `fields` what else it says. */
export class PolicyServiceError extends Error {
  override readonly name = 'PolicyServiceError';
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor({ kind, message, ...fields }: { kind: string; message: string }) {
    super(message);
    this.kind = kind;
    this.fields = fields;
  }
}

interface Answer {
  id: number;
  ok?: unknown;
  error?: { kind: string; message: string };
}

interface Question {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

/** What a policy is asked by name, with fields, and answers as JSON: the service, or what stands for one that is elsewhere. */
export interface AskedService {
  ask(op: string, fields: object, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** How much of what a dead process wrote is worth showing, in characters. */
const shownOutput = 2_000;
/** How long a process that was asked to end may take (ms). */
const patience = 5_000;

export class PolicyService implements AskedService {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #questions = new Map<number, Question>();
  readonly #ended: Promise<void>;
  #lost: EngineLostError | null = null;
  #last = 0;
  #said = '';

  /**
   * Starts `python -m policy`, or another module that speaks as it does, with the package's folder on its path. It ends when this process does:
   * its pipe is then closed.
   */
  constructor(python: string, packages: string, module: readonly string[] = ['policy']) {
    this.#child = spawn(python, ['-u', '-m', ...module], {
      // Python imports from its working folder first: never from a project's.
      cwd: packages,
      env: { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
      windowsHide: true,
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-shownOutput);
    });
    // What is written to a process that is gone is told by its end.
    this.#child.stdin.on('error', () => undefined);
    createInterface(this.#child.stdout).on('line', (line) => this.#hear(line));
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#lose(new EngineLostError(`the PyTorch process ended (${why})${this.#saidLast()}`));
        resolve();
      };
      this.#child.on('error', (error) => end(errorText(error)));
      this.#child.on('close', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  /**
   * Asks for one thing; what is asked first is answered first. Throws PolicyServiceError for what the service says is wrong,
   * EngineLostError when it is gone, and the reason of an aborted `signal`.
   */
  async ask(op: string, fields: object, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#lost) throw this.#lost;
    const id = ++this.#last;
    const answer = new Promise<unknown>((resolve, reject) => this.#questions.set(id, { resolve, reject }));
    this.#write({ id, op, ...fields });
    const cancel = (): void => this.#write({ op: 'cancel', id });
    signal?.addEventListener('abort', cancel);
    try {
      return await answer;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Ends the process, and waits until it is gone. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patience);
    await this.#ended;
    clearTimeout(timer);
  }

  #write(request: object): void {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  #hear(line: string): void {
    const { id, ok, error } = JSON.parse(line) as Answer;
    const question = this.#questions.get(id);
    if (!question || (ok === undefined && error === undefined)) return;
    this.#questions.delete(id);
    if (error) question.reject(new PolicyServiceError(error));
    else question.resolve(ok);
  }

  #lose(error: EngineLostError): void {
    this.#lost ??= error;
    for (const { reject } of this.#questions.values()) reject(this.#lost);
    this.#questions.clear();
  }

  #saidLast(): string {
    const lines = this.#said.trim().split('\n').slice(-5).join('\n');
    return lines === '' ? '' : `, and last said: ${lines}`;
  }
}
