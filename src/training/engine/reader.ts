/** Opens what only reads a policy, on the engine that is asked for. */
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { BackendName } from '../../domain/backend.ts';
import { optimiserDefaults } from '../policy/optimiser.ts';
import { Policy } from '../policy/policy.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import { embeddedReader } from './embedded.ts';
import type { Reader } from './engine.ts';
import { torchPlace } from './torch-setup.ts';
import { TorchEngine, type TorchOptions } from './torch.ts';

export interface ReaderOptions {
  /** The policy's folder, and that of the adapter on it. */
  base: string;
  adapter: string | null;
  /** Of the embedded engine. */
  backend: BackendName;
  /** 0 is one for each core. */
  threads: number;
  signal: AbortSignal;
  /** Where PyTorch reads it; on this machine as it is set up where this is left out. */
  place?: Pick<TorchOptions, 'python' | 'packages' | 'module'>;
}

/** With its weights a policy is read by the embedded engine, else by PyTorch. Throws an error that names the cure. */
export async function openReader(policy: Policy | PolicyText, options: ReaderOptions): Promise<Reader> {
  const { base, adapter, backend, threads, signal, place } = options;
  if (policy instanceof Policy) {
    // Not loaded with the program: a job of a cluster has no ONNX Runtime.
    const { openBackend } = await import('../backends/choose.ts');
    return embeddedReader(policy, await openBackend(backend, threads || availableParallelism()));
  }
  return TorchEngine.open(policy, {
    ...{ base, adapter, lora: null, seed: 0, threads, optimiser: optimiserDefaults },
    ...(place ?? (await torchPlace(dirname(process.argv[1])))),
    signal,
  });
}
