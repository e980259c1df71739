/** The peer that a bench measures itself beside: transformers in PyTorch, in a Python that has them (peer.py). */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export class Peer {
  readonly version: string;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #complaints: string[];

  private constructor(process: ChildProcess, answers: AsyncIterator<string>, complaints: string[], version: string) {
    this.#process = process;
    this.#answers = answers;
    this.#complaints = complaints;
    this.version = version;
  }

  /** Starts `script` with `python`. Throws, with what Python said, when it has not what the script imports. */
  static async start(python: string, script: string): Promise<Peer> {
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const complaints: string[] = [];
    child.on('error', (error) => complaints.push(error.message));
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (data: Buffer) => complaints.push(data.toString()));
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await answers.next();
    if (first.done) {
      throw new Error(
        `${python} cannot be the peer: pip install torch transformers peft, and for iterations trl. ${lastLine(complaints)}`,
      );
    }
    return new Peer(child, answers, complaints, (JSON.parse(first.value) as { version: string }).version);
  }

  /** Sends a command of the script and gives its answer. */
  async ask<Answer>(command: string, values: object = {}): Promise<Answer> {
    this.#process.stdin!.write(`${JSON.stringify({ command, ...values })}\n`);
    const answer = await this.#answers.next();
    if (answer.done) throw new Error(`the peer ended: ${lastLine(this.#complaints)}`);
    return JSON.parse(answer.value) as Answer;
  }

  stop(): void {
    this.#process.kill();
  }
}

const lastLine = (complaints: readonly string[]): string => complaints.join('').trim().split('\n').at(-1) ?? '';

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Begins to count this process's peak memory anew, where the system (Linux) can. */
export const forgetPeak = (): Promise<void> => writeFile('/proc/self/clear_refs', '5').catch(() => undefined);

/** Bytes of memory at most of a process, this one's since `forgetPeak`; null where the system does not tell. */
export async function peakMemory(id = 'self'): Promise<number | null> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  const kilobytes = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
