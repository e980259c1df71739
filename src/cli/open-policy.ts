/** The policy a command names, and the engine that reads it. */
import { resolve } from 'node:path';
import { engineNames } from '../domain/engine.ts';
import type { Reader } from '../training/engine/engine.ts';
import { openRayReader } from '../training/engine/ray.ts';
import { openReader } from '../training/engine/reader.ts';
import { Policy } from '../training/policy/policy.ts';
import { PolicyText } from '../training/policy/policy-text.ts';
import type { Arguments, CommandContext } from './command.ts';
import { rayAt } from './follow.ts';
import { rayOf, rayOptions, rayUsage } from './ray-options.ts';

export const policyOptions = { policy: { type: 'string' }, adapter: { type: 'string' } } as const;
export const engineOption = { engine: { type: 'string' } } as const;
/** Of a command that reads a policy at once. */
export const readerOptions = { ...policyOptions, ...engineOption, ...rayOptions } as const;
export const readerUsage = `--policy DIR [--adapter DIR] [--engine ${engineNames.join('|')}] ${rayUsage}`;

export interface OpenPolicy {
  policy: PolicyText;
  engine: Reader;
}

/** Loads the folder --policy names, with the adapter --adapter names. Throws an error that names the file and its fault. */
export function loadPolicy(options: Arguments): Promise<Policy> {
  return Policy.load(...foldersOf(options));
}

const foldersOf = (options: Arguments): [folder: string, adapter: string | null] => {
  const adapter = options.text('adapter');
  return [resolve(options.required('policy')), adapter === undefined ? null : resolve(adapter)];
};

/** Opens the folder --policy names, with the adapter --adapter names, on the engine that --engine names. Throws as `loadPolicy` does. */
export async function openPolicy({ options, signal, progress, dist }: CommandContext): Promise<OpenPolicy> {
  const [base, adapter] = foldersOf(options);
  const engine = options.oneOf('engine', engineNames) ?? 'embedded';
  const ray = rayOf(options, engine);
  const policy = engine === 'embedded' ? await loadPolicy(options) : await PolicyText.read(base);
  if (ray === null) {
    const place = { base, adapter, backend: 'onnxruntime', threads: 0, signal } as const;
    return { policy, engine: await openReader(policy, place) };
  }
  const { token } = rayAt(ray.address)!;
  const log = (_: string, message: string): void => progress(message);
  return { policy, engine: await openRayReader(policy, { base, adapter, ray, token, dist, log, signal }) };
}
