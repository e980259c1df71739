/** Whether a Python trains: the PyTorch engine is opened in it, and takes gradient steps. Run in a process of its own. */
import { join } from 'node:path';
import { measure } from '../backends/backend.ts';
import { loss, policyOf, rowsOf, usual } from '../backends/trial.ts';
import { optimiserDefaults } from '../policy/optimiser.ts';
import { TorchEngine } from './torch.ts';

export interface TorchCheck {
  /** Library, device, threads and precision, in the service's words. */
  description: string;
  /** Milliseconds of a gradient step of a million parameters, as the sample policy has, on 8 completions of 64 tokens. */
  milliseconds: number;
}

/** `packages` holds the service's package, `folder` takes a policy for it. Throws an error with what the service said. */
export async function checkTorch(python: string, packages: string, folder: string): Promise<TorchCheck> {
  const base = join(folder, 'trial');
  const policy = policyOf(usual);
  await policy.save(base);
  const { learningRate } = optimiserDefaults;
  const fixed = { adapter: null, lora: null, seed: 1, threads: 0, optimiser: optimiserDefaults };
  const engine = await TorchEngine.open(policy, { python, packages, base, ...fixed });
  try {
    const { description } = engine;
    const rows = rowsOf(usual);
    return { description, milliseconds: await measure(() => engine.reinforce(rows, { ...loss, learningRate })) };
  } finally {
    await engine.dispose();
  }
}
