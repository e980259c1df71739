/** The policy a command names, on the embedded backend. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Backend } from '../training/backends/backend.ts';
import { openBackend } from '../training/backends/choose.ts';
import { Policy } from '../training/policy/policy.ts';
import { deviceParameters, type DeviceParameters } from '../training/policy/scorer.ts';
import type { Arguments } from './command.ts';

export const policyOption = { policy: { type: 'string' } } as const;

export interface OpenPolicy {
  policy: Policy;
  backend: Backend;
  parameters: DeviceParameters;
}

/** Loads the folder --policy names. Throws an error that names the file and its fault. */
export async function openPolicy(options: Arguments): Promise<OpenPolicy> {
  const policy = await Policy.load(resolve(options.required('policy')));
  const backend = await openBackend('onnxruntime', availableParallelism());
  return { policy, backend, parameters: deviceParameters(policy, backend) };
}
