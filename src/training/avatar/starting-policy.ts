/** The policy a run starts from: a folder or a shape with random weights, and the adapter that is trained on it, if any. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RunConfig } from '../../domain/run.ts';
import { Adapter, adapterFiles } from '../policy/adapter.ts';
import { Policy } from '../policy/policy.ts';
import { shapedPolicy, shapeOf } from '../policy/shape.ts';
import { weightFiles } from '../policy/weights.ts';

export interface StartingPolicy {
  policy: Policy;
  /** Its folder, or what names its shape. */
  policyFolder: string;
  /** Hash of its weights and of the given adapter's, or of the shape and the seed that give them. */
  policyHash: string;
}

/**
 * Opens a run's policy, with the adapter it is given or a fresh one. A chat template that tells the date tells that of the run's
 * beginning, so that a resumed run reads the same prompts. Throws an error that says what is wrong and what to do about it.
 */
export async function openStartingPolicy(
  { policy: named, adapter: given, lora, seed }: Pick<RunConfig, 'policy' | 'adapter' | 'lora' | 'seed'>,
  folder: string,
  begun: Date,
): Promise<StartingPolicy> {
  const shape = shapeOf(named);
  const policyFolder = shape ? named : resolve(folder, named);
  const base = shape ? shapedPolicy(shape, seed) : await openFolder(policyFolder, begun);
  const files = shape ? [] : await weightFiles(policyFolder);
  let adapter = lora && Adapter.create(base.config, lora, seed);
  if (given !== null) {
    const adapterFolder = resolve(folder, given);
    adapter = await Adapter.load(adapterFolder, base.config);
    files.push(join(adapterFolder, adapterFiles.weights));
  }
  const hash = createHash('sha256');
  if (shape) hash.update(`${shape} ${seed}`);
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { policy: base.with({ adapter }), policyFolder, policyHash: hash.digest('hex').slice(0, 32) };
}

async function openFolder(folder: string, begun: Date): Promise<Policy> {
  const there = await readdir(folder).catch((): string[] => []);
  if (there.includes('config.json')) return Policy.load(folder, null, begun);
  throw new Error(
    there.includes(adapterFiles.config)
      ? `${folder} is an adapter: name it as the run's adapter, and as its policy the one it belongs on`
      : `${folder} is not a policy: it has no config.json. Name a folder with config.json, its safetensors and tokenizer.json`,
  );
}
