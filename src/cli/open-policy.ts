/** The policy a command names. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Backend } from '../training/backends/backend.ts';
import { openBackend } from '../training/backends/choose.ts';
import { Policy } from '../training/policy/policy.ts';
import { deviceParameters, type DeviceParameters } from '../training/policy/scorer.ts';
import type { Arguments } from './command.ts';

export const policyOptions = { policy: { type: 'string' }, adapter: { type: 'string' } } as const;

export interface OpenPolicy {
  policy: Policy;
  backend: Backend;
  parameters: DeviceParameters;
}

/** Loads the folder --policy names, with the adapter --adapter names. Throws an error that names the file and its fault. */
export function loadPolicy(options: Arguments): Promise<Policy> {
  const adapter = options.text('adapter');
  return Policy.load(resolve(options.required('policy')), adapter === undefined ? null : resolve(adapter));
}

/** The same on the embedded backend. */
export async function openPolicy(options: Arguments): Promise<OpenPolicy> {
  const policy = await loadPolicy(options);
  const backend = await openBackend('onnxruntime', availableParallelism());
  return { policy, backend, parameters: deviceParameters(policy, backend) };
}
