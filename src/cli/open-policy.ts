/** The policy a command names, and the engine that reads it. */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { engineNames } from '../domain/engine.ts';
import { openBackend } from '../training/backends/choose.ts';
import { embeddedReader } from '../training/engine/embedded.ts';
import type { Reader } from '../training/engine/engine.ts';
import { servicePackages } from '../training/engine/torch-python.ts';
import { torchPython } from '../training/engine/torch-setup.ts';
import { TorchEngine } from '../training/engine/torch.ts';
import { Policy } from '../training/policy/policy.ts';
import { optimiserDefaults } from '../training/policy/optimiser.ts';
import { PolicyText } from '../training/policy/policy-text.ts';
import type { Arguments } from './command.ts';

export const policyOptions = { policy: { type: 'string' }, adapter: { type: 'string' } } as const;
export const engineOption = { engine: { type: 'string' } } as const;
export const policyUsage = `--policy DIR [--adapter DIR] [--engine ${engineNames.join('|')}]`;

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
  if (options.oneOf('engine', engineNames) !== 'torch') {
    const policy = await loadPolicy(options);
    return { policy, engine: embeddedReader(policy, await openBackend('onnxruntime', availableParallelism())) };
  }
  const policy = await PolicyText.read(folder);
  const engine = await TorchEngine.open(policy, {
    base: folder,
    adapter,
    lora: null,
    seed: 0,
    threads: 0,
    optimiser: optimiserDefaults,
    python: await torchPython(),
    packages: servicePackages(dirname(process.argv[1])),
    signal,
  });
  return { policy, engine };
}
