/** The policy a command names, and the engine that reads it. */
import { resolve } from 'node:path';
import { readingEngines } from '../domain/engine.ts';
import type { Reader } from '../training/engine/engine.ts';
import { openReader } from '../training/engine/reader.ts';
import { Policy } from '../training/policy/policy.ts';
import { PolicyText } from '../training/policy/policy-text.ts';
import type { Arguments } from './command.ts';

export const policyOptions = { policy: { type: 'string' }, adapter: { type: 'string' } } as const;
export const engineOption = { engine: { type: 'string' } } as const;
export const policyUsage = `--policy DIR [--adapter DIR] [--engine ${readingEngines.join('|')}]`;

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
export async function openPolicy(options: Arguments, signal: AbortSignal): Promise<OpenPolicy> {
  const [folder, adapter] = foldersOf(options);
  const policy =
    options.oneOf('engine', readingEngines) === 'torch' ? await PolicyText.read(folder) : await loadPolicy(options);
  const engine = await openReader(policy, { base: folder, adapter, backend: 'onnxruntime', threads: 0, signal });
  return { policy, engine };
}
