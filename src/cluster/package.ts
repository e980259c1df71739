/** What a job of a Ray cluster is given: the code, once a version, and what it needs. */
import { zipSync, type Zippable } from 'fflate';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { isObject } from '../domain/media-uri.ts';
import type { RayConfig } from '../domain/run.ts';
import type { ExtractChange } from '../store/store.ts';
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

export interface JobPackage {
  zip: Uint8Array;
  /** What is in it, with sizes, for people. */
  text: string;
}

/** What lies on this machine that a job needs. */
export interface Luggage {
  /** The folders of the policy and of the adapter on it. */
  policy: string;
  adapter: string | null;
  /** As the store calls the media of prompts. */
  media: readonly string[];
  /** Where a medium is: its path here, or its URI in an object store; null where it is not. */
  find: (path: string) => Promise<string | null>;
  /** Whether policy and media are sent, or the cluster sees them under the same paths. */
  files: RayConfig['files'];
  /** A checkpoint's folder, and what it is called there. */
  checkpoint: { folder: string; name: string } | null;
}

export interface PackageParts extends Luggage {
  /** What the job is for, as people read it. */
  noun: string;
  /** Tells the job's package from others: a job writes beside what it was sent. */
  job: string;
  /** Writes the part of the store that the job needs, which has this name there. */
  extract?: { name: string; write: (path: string, change: ExtractChange) => void };
  /** What else it is sent, by the policy's folder and the adapter's as they are there: the text of a file by its name. */
  texts?: (there: Pick<ExtractChange, 'policy' | 'adapter'>) => Record<string, string>;
}

/** The folder in a job's package in which its store lies, with its files. */
export const jobFolder = 'rollout-lab';

/** Files to send: of each part, such as the media, what they are called there, and where they are here. */
interface Packed extends ExtractChange {
  parts: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

async function packed({ policy, adapter, media, find, files, checkpoint }: Luggage): Promise<Packed> {
  const parts = new Map<string, Map<string, string>>();
  const part = (name: string): Map<string, string> => {
    const found = parts.get(name) ?? new Map<string, string>();
    parts.set(name, found);
    return found;
  };
  const shared = files === 'shared';
  const there = new Map<string, string>();
  for (const path of media) {
    const place = await find(path);
    if (place === null) continue;
    const isThere = shared || isObject(place);
    const name = `media/${there.size}${extname(place).toLowerCase()}`;
    there.set(path, isThere ? place : name);
    if (!isThere) part('media').set(name, place);
  }
  const sent = async (name: keyof typeof configs, from: string): Promise<string> => {
    if (shared) return from;
    for (const file of await filesOf(from, name)) part(name).set(`${name}/${file}`, join(from, file));
    return name;
  };
  const change = {
    policy: await sent('policy', policy),
    adapter: adapter && (await sent('adapter', adapter)),
    media: there,
  };
  if (checkpoint)
    for (const file of await readdir(checkpoint.folder))
      part('checkpoint').set(`${checkpoint.name}/${file}`, join(checkpoint.folder, file));
  return { ...change, parts };
}

/** How much of each part there is, in bytes. */
export type Sizes = [part: string, bytes: number][];

async function sizesOf({ parts }: Pick<Packed, 'parts'>): Promise<Sizes> {
  const sizes: Sizes = [];
  for (const [name, files] of parts) {
    let bytes = 0;
    for (const file of files.values()) bytes += (await stat(file)).size;
    sizes.push([name, bytes]);
  }
  return sizes;
}

/** How much of the luggage a job would be sent. Throws where there is no policy to send. */
export const luggageSizes = async (luggage: Luggage): Promise<Sizes> => sizesOf(await packed(luggage));

/**
 * What a job needs: an extract of the store, a checkpoint, and, unless the cluster sees this machine's files under the same paths, the policy and
 * the prompts' media. Throws an error that says what to do when that is more than Ray takes.
 */
export async function jobPackage({ noun, job, extract, texts, ...luggage }: PackageParts): Promise<JobPackage> {
  const { parts, ...change } = await packed(luggage);
  const sizes = await sizesOf({ parts });
  // Before a byte of them is read.
  refuseLarge(noun, sizes);
  const files: Zippable = { [`${jobFolder}/job`]: Buffer.from(job) };
  for (const [name, text] of Object.entries(texts?.(change) ?? {})) files[`${jobFolder}/${name}`] = Buffer.from(text);
  if (extract) {
    const scratch = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
    try {
      const file = join(scratch, extract.name);
      extract.write(file, change);
      const bytes = readFileSync(file);
      sizes.unshift(['extract of the store', bytes.length]);
      files[`${jobFolder}/${extract.name}`] = bytes;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  // Weights and media are as small as they get.
  for (const [name, file] of [...parts.values()].flatMap((all) => [...all]))
    files[`${jobFolder}/${name}`] = [readFileSync(file), { level: 0 }];
  const zip = zipSync(files, { mtime });
  if (zip.length > mostPackageBytes) refuseLarge(noun, sizes, 0);
  return { zip, text: `${megabytes(zip.length)} MB (${sizesText(sizes)})` };
}

function refuseLarge(noun: string, sizes: Sizes, most = mostPackageBytes): void {
  if (sizes.reduce((sum, [, size]) => sum + size, 0) <= most) return;
  throw new Error(
    `the ${noun} would send ${sizesText(sizes)}, and Ray takes ${mostPackageBytes / 2 ** 20} MiB at most: nothing was sent. Put the media ` +
      'into an object store and name it (--media-uri, or the setting rolloutLab.ray.mediaUri); or the policy and the media on storage that the cluster ' +
      'sees under the same path as this machine, and choose that its files are shared (--files shared, or the setting rolloutLab.ray.files); or take ' +
      'an adapter, or a dataset with fewer clips',
  );
}

/** "policy 4.1, media 0.5", in MB. */
export const sizesText = (sizes: Sizes): string => sizes.map(([name, size]) => `${name} ${megabytes(size)}`).join(', ');

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

const configs = { policy: 'config.json', adapter: 'adapter_config.json' };

/** The plain files of a policy's or an adapter's folder by name, hidden ones apart. Throws where its configuration is not among them. */
async function filesOf(folder: string, what: keyof typeof configs): Promise<string[]> {
  const there = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const plain = there.filter((one) => one.isFile() && !one.name.startsWith('.')).map(({ name }) => name);
  if (plain.includes(configs[what])) return plain.sort();
  throw new Error(`${folder} is no ${what} to send: it has no ${configs[what]}, or as a link alone`);
}

const slashed = (path: string): string => path.replaceAll('\\', '/');
