/** In a job of a Ray cluster: media in an object store, which are fetched to the job's node before they are read (rollout_lab_job/media.py). */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, objectSchemes } from '../domain/media-uri.ts';
import type { Prompt } from '../domain/rollout.ts';
import type { LogRow } from '../store/store.ts';
import { allowMediaFolders } from '../video/media-folders.ts';
import type { ObjectMedia } from './engine/job-place.ts';
import { run } from './setup/program.ts';

/** What the program's last line begins with where it cannot go on. */
const mark = 'rollout-lab: ';

export interface JobObjectsOptions {
  /** The folder of the job's store: its media are looked for from it. */
  from: string;
  /** Where each node keeps objects. */
  folder: string;
  python: string;
  packages: string;
  log: (level: LogRow['level'], message: string) => void;
  /** Aborts where the job is to stop. */
  signal: AbortSignal;
}

export class JobObjects implements ObjectMedia {
  readonly folder: string;
  readonly #options: JobObjectsOptions;

  constructor(options: JobObjectsOptions) {
    this.folder = options.folder;
    this.#options = options;
  }

  async bring(prompts: readonly Prompt[], signal: AbortSignal): Promise<void> {
    const { from, python, packages, log, signal: stop } = this.#options;
    const named = prompts.flatMap(({ video, audio }) => [video, audio]);
    const uris = [...new Set(named.filter((path) => path !== null && isObject(path)))];
    if (uris.length === 0) return;
    await mkdir(this.folder, { recursive: true });
    await allowMediaFolders(from, [this.folder]);
    // As a relative path, s3://BUCKET/NAME leads through it.
    for (const scheme of objectSchemes) await symlink(join(this.folder, scheme), join(from, scheme)).catch(isThere);
    const list = join(from, 'media.json');
    await writeFile(list, JSON.stringify(uris));
    log('info', `${uris.length} media are looked for in the object store, as ${uris[0]}.`);
    const hear = (line: string): void => {
      if (!line.startsWith(mark)) log('info', line);
    };
    const { code, lines } = await run(python, ['-u', '-m', 'rollout_lab_job.media', this.folder, list], {
      cwd: packages,
      env: { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
      signal: AbortSignal.any([signal, stop]),
      line: hear,
    });
    if (code === 0) return;
    const said = lines.at(-1) ?? 'it does not say why';
    throw new Error(said.startsWith(mark) ? said.slice(mark.length) : `the media could not be fetched: ${said}`);
  }
}

function isThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
