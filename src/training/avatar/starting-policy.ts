/** The policy a run starts from: a folder or a shape with random weights, and the adapter that is trained on it, if any. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RunConfig } from '../../domain/run.ts';
import { Adapter, adapterFiles } from '../policy/adapter.ts';
import { Policy } from '../policy/policy.ts';
import { PolicyText } from '../policy/policy-text.ts';
import { shapedPolicy, shapeOf } from '../policy/shape.ts';
import { weightFiles } from '../policy/weights.ts';

export interface StartingPolicy {
  /** With its weights where the embedded engine is to hold them: another reads them from the folder itself. */
  policy: Policy | PolicyText;
  /** Its folder, or what names its shape. */
  policyFolder: string;
  /** The folder of the adapter that it is given. */
  adapterFolder: string | null;
  /** Hash of its weights and of the given adapter's, or of the shape and the seed that give them. */
  policyHash: string;
}

/**
 * Opens a run's policy, with the adapter it is given or a fresh one. A chat template that tells the date tells that of the run's
 * beginning, so that a resumed run reads the same prompts. Throws an error that says what is wrong and what to do about it.
 */
export async function openStartingPolicy(
  {
    engine,
    policy: named,
    adapter: given,
    lora,
    baseBits,
    seed,
  }: Pick<RunConfig, 'engine' | 'policy' | 'adapter' | 'lora' | 'baseBits' | 'seed'>,
  folder: string,
  begun: Date,
): Promise<StartingPolicy> {
  const shape = shapeOf(named);
  const policyFolder = shape ? named : resolve(folder, named);
  if (shape && engine !== 'embedded')
    throw new Error(
      `${named} is a shape, whose random weights the embedded engine alone makes: name a policy’s folder`,
    );
  const adapterFolder = given && resolve(folder, given);
  let policy: Policy | PolicyText;
  if (engine === 'embedded') {
    const base = shape
      ? shapedPolicy(shape, seed, baseBits)
      : await openFolder(policyFolder, (found) => Policy.load(found, null, begun, baseBits));
    const fresh = lora && Adapter.create(base.config, lora, seed);
    policy = base.with({ adapter: adapterFolder === null ? fresh : await Adapter.load(adapterFolder, base.config) });
  } else policy = await openFolder(policyFolder, (found) => PolicyText.read(found, begun));
  const files = shape ? [] : await weightFiles(policyFolder);
  if (adapterFolder !== null) files.push(join(adapterFolder, adapterFiles.weights));
  const hash = createHash('sha256');
  if (shape) hash.update(`${shape} ${seed}`);
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { policy, policyFolder, adapterFolder, policyHash: hash.digest('hex').slice(0, 32) };
}

async function openFolder<Opened>(folder: string, open: (folder: string) => Promise<Opened>): Promise<Opened> {
  const there = await readdir(folder).catch((): string[] => []);
  if (there.includes('config.json')) return open(folder);
  throw new Error(
    there.includes(adapterFiles.config)
      ? `${folder} is an adapter: name it as the run's adapter, and as its policy the one it belongs on`
      : `${folder} is not a policy: it has no config.json. Name a folder with config.json, its safetensors and tokenizer.json`,
  );
}
