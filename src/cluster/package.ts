/** What a job of a Ray cluster is given: the code, once a version, and what the run needs. */
import { zipSync, type Zippable } from 'fflate';
import { globSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { parseRunConfig } from '../domain/preset.ts';
import type { RunRow, Store } from '../store/store.ts';
import { mostPackageBytes } from './jobs.ts';

/** The platforms of clusters, whatever this machine is. */
const platforms = ['linux-x64', 'linux-arm64'];

/** The same files give the same zip, so that a cluster is sent them once. */
const mtime = new Date('2000-01-01T00:00:00Z');

/** The code of this version, from the folder of the built bundles. */
export function codePackage(dist: string): Uint8Array {
  const files: Zippable = { 'training.cjs': readFileSync(join(dist, 'training.cjs')) };
  for (const file of globSync('**/*.{py,txt}', { cwd: join(dist, 'python') })) {
    // Ray puts the package's own folder on the path of each Python of the job.
    files[slashed(file)] = readFileSync(join(dist, 'python', file));
  }
  const sqlite = dirname(createRequire(join(dist, 'training.cjs')).resolve('better-sqlite3/package.json'));
  const natives = platforms.map((platform) => `prebuilds/${platform}.node`);
  for (const file of [...globSync('lib/**/*.js', { cwd: sqlite }), 'package.json', ...natives])
    files[`node_modules/better-sqlite3/${slashed(file)}`] = readFileSync(join(sqlite, file));
  return zipSync(files, { mtime });
}

export interface RunPackage {
  zip: Uint8Array;
  /** What is in it, with sizes, for people. */
  text: string;
}

export interface PackageParts {
  store: Store;
  run: RunRow;
  /** Tells the job's package from others: a job writes beside what it was sent. */
  job: string;
  /** Where a medium of a prompt is here; null where it is not. */
  find: (path: string) => Promise<string | null>;
}

/** The folder in a job's package in which its store lies, with its files. */
export const jobFolder = 'rollout-lab';

/**
 * What the run needs: an extract of the store, its latest checkpoint, and, unless the cluster sees this machine's files under the same paths,
 * its policy and its prompts' media. Throws an error that says what to do when that is more than Ray takes.
 */
export async function runPackage({ store, run, job, find }: PackageParts): Promise<RunPackage> {
  const config = parseRunConfig(run.config);
  const folder = dirname(store.file);
  const shared = config.ray?.files === 'shared';
  const parts = new Map<string, Map<string, string>>();
  const part = (name: string): Map<string, string> => {
    const files = parts.get(name) ?? new Map<string, string>();
    parts.set(name, files);
    return files;
  };

  const media = new Map<string, string>();
  for (const path of store.runMedia(run.id)) {
    const file = await find(path);
    if (file === null) continue;
    if (shared) media.set(path, file);
    else {
      const name = `media/${media.size}${extname(file).toLowerCase()}`;
      media.set(path, name);
      part('media').set(name, file);
    }
  }
  const changed = { policy: config.policy, adapter: config.adapter };
  for (const name of ['policy', 'adapter'] as const) {
    const given = config[name];
    if (given === null) continue;
    const from = resolve(folder, given);
    changed[name] = shared ? from : name;
    if (!shared) for (const file of filesOf(from)) part(name).set(`${name}/${file}`, join(from, file));
  }
  const checkpoint = store.runs.latestCheckpoint(run.id);
  if (checkpoint)
    // With the mark that says which run made it.
    for (const file of readdirSync(checkpoint.path))
      part('checkpoint').set(`runs/${run.id}/${basename(checkpoint.path)}/${file}`, join(checkpoint.path, file));

  const sizes = [...parts].map(([name, files]): [string, number] => [
    name,
    [...files.values()].reduce((sum, file) => sum + statSync(file).size, 0),
  ]);
  // Before a byte of them is read.
  refuseLarge(sizes);
  const files: Zippable = { [`${jobFolder}/job`]: Buffer.from(job) };
  const scratch = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
  try {
    const extract = join(scratch, basename(store.file));
    store.extract(run.id, extract, { config: changed, media });
    const bytes = readFileSync(extract);
    sizes.unshift(['extract of the store', bytes.length]);
    files[`${jobFolder}/${basename(store.file)}`] = bytes;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  // Weights and media are as small as they get.
  for (const [name, file] of [...parts.values()].flatMap((all) => [...all]))
    files[`${jobFolder}/${name}`] = [readFileSync(file), { level: 0 }];
  const zip = zipSync(files, { mtime });
  if (zip.length > mostPackageBytes) refuseLarge(sizes, 0);
  return { zip, text: `${megabytes(zip.length)} MB (${sizesText(sizes)})` };
}

function refuseLarge(sizes: readonly [string, number][], most = mostPackageBytes): void {
  if (sizes.reduce((sum, [, size]) => sum + size, 0) <= most) return;
  throw new Error(
    `the run would send ${sizesText(sizes)}, and Ray takes ${mostPackageBytes / 2 ** 20} MiB at most: nothing was sent. Put the policy and the ` +
      'media on storage that the cluster sees under the same path as this machine, and choose that its files are shared (--set ray.files=shared); ' +
      'or train an adapter, or on a dataset with fewer clips',
  );
}

const sizesText = (sizes: readonly [string, number][]): string =>
  sizes.map(([name, size]) => `${name} ${megabytes(size)}`).join(', ');

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** The plain files of a folder by name, hidden ones apart. */
function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && lstatSync(join(folder, name)).isFile())
    .sort();
}

const slashed = (path: string): string => path.replaceAll('\\', '/');
