/** The times that `auto` took on this machine, so that not every run begins by taking them. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, hostname, release } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { backendNames } from '../../domain/backend.ts';
import { writeWhole } from '../../formats/whole-file.ts';
import { dataFolder } from '../../store/folders.ts';

const causes = ['not set up', 'failure', 'slow'] as const;
const measurement = v.intersect([
  v.object({ name: v.picklist(backendNames) }),
  v.union([v.object({ milliseconds: v.number() }), v.object({ cause: v.picklist(causes), unavailable: v.string() })]),
]);
/** What `auto` saw of one backend: its median milliseconds a step, or why it is not to be used here. */
export type Measurement = v.InferOutput<typeof measurement>;

const memory = v.object({
  /** Milliseconds since 1970. */
  at: v.number(),
  measurements: v.array(measurement),
});
export type Memory = v.InferOutput<typeof memory>;
/** By key, the latest last. */
const memories = v.record(v.string(), memory);

const file = (): string => join(dataFolder(), 'backends.json');

/** Drivers change unseen: what was measured longer ago counts no more. */
const days = 30;
/** Shapes that are remembered at most. */
const most = 50;

/** A memory is of one machine as it is: with the same `files`, or none there, and of `what` was measured, as JSON says it. */
export async function keyOf(what: unknown, files: readonly string[]): Promise<string> {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, CUDA_VISIBLE_DEVICES } = process.env;
  const machine = [hostname(), process.platform, process.arch, release(), cpus().at(0)?.model, availableParallelism()];
  const changed = await Promise.all(
    files.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      ),
    ),
  );
  const all = [machine, VK_ICD_FILENAMES, VK_DRIVER_FILES, CUDA_VISIBLE_DEVICES, changed, what];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32);
}

/** What is remembered; null where nothing is, or too old, or the file cannot be read. */
export async function recall(key: string): Promise<Memory | null> {
  return (await all()).get(key) ?? null;
}

/** Keeps measurements. Rejects when the data folder cannot be written. */
export async function remember(key: string, measurements: Measurement[]): Promise<void> {
  const kept = await all();
  kept.delete(key);
  kept.set(key, { at: Date.now(), measurements });
  await mkdir(dataFolder(), { recursive: true });
  await writeWhole(file(), JSON.stringify(Object.fromEntries([...kept].slice(-most))));
}

/** So that every shape is measured again. */
export const forget = (): Promise<void> => rm(file(), { force: true });

/** What counts still. */
async function all(): Promise<Map<string, Memory>> {
  const read = v.safeParse(
    v.pipe(v.string(), v.parseJson(), memories),
    await readFile(file(), 'utf8').catch(() => null),
  );
  const past = (at: number): number => Date.now() - at;
  const entries = read.success ? Object.entries(read.output) : [];
  return new Map(entries.filter(([, { at }]) => past(at) >= 0 && past(at) < days * 86_400_000));
}
