/** An object store on loopback, whose buckets are folders (test/python/object_store.py). */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { venvPython } from '../../../scripts/python-venv.ts';

export const secret = 'secret-of-the-object-store';

export class ObjectStore {
  readonly #folder: string;
  readonly #child: ChildProcess;
  /** What whoever starts Ray has in its environment. */
  environment: NodeJS.ProcessEnv = {};

  private constructor(folder: string) {
    this.#folder = folder;
    const script = resolve(import.meta.dirname, '../../python/object_store.py');
    this.#child = spawn(venvPython, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  static async start(folder: string): Promise<ObjectStore> {
    mkdirSync(folder, { recursive: true });
    const store = new ObjectStore(folder);
    const port = await new Promise<string>((done) => createInterface(store.#child.stdout!).once('line', done));
    store.environment = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'an-access-key-of-the-tests',
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    return store;
  }

  /** Puts a file there. */
  put(file: string, name: string): void {
    const place = join(this.#folder, name);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(file, place);
  }

  /** Objects of which bytes were asked for, once for each time. */
  get read(): string[] {
    const asked = join(this.#folder, 'asked');
    const lines = existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : [];
    return lines.flatMap((line) => /^GET (.+) bytes=/u.exec(line)?.at(1) ?? []);
  }

  stop(): void {
    this.#child.stdin!.end();
  }
}
