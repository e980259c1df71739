/** Whether a Python trains: the policy service (src/cluster/policy) is started in it, and takes gradient steps. Run in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { measure } from '../backends/backend.ts';
import { loss, policyOf, rowsOf, usual } from '../backends/trial.ts';
import { optimiserDefaults } from '../policy/optimiser.ts';

export interface TorchCheck {
  /** Library, device, threads and precision, in the service's words. */
  description: string;
  /** Milliseconds of a gradient step of a million parameters, as the sample policy has, on 8 completions of 64 tokens. */
  milliseconds: number;
}

const answerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    ok: v.optional(v.object({ description: v.optional(v.string()) })),
    error: v.optional(v.object({ message: v.string() })),
  }),
);
type Answer = v.InferOutput<typeof answerSchema>;

/** How much of what a dead service wrote is worth showing, in characters. */
const shownOutput = 1_000;

/** `packages` holds the service's package, `folder` takes a policy for it. Throws an error with what the service said. */
export async function checkTorch(python: string, packages: string, folder: string): Promise<TorchCheck> {
  const policy = join(folder, 'trial');
  await policyOf(usual).save(policy);
  const service = spawn(python, ['-m', 'policy'], {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
    windowsHide: true,
  });
  let said = '';
  service.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-shownOutput)));
  // One that does not start, or is gone, gives no answers: that is told below.
  for (const part of [service, service.stdin]) part.on('error', (error) => (said += error.message));

  const lines = createInterface(service.stdout)[Symbol.asyncIterator]();
  const ask = async (request: object): Promise<NonNullable<Answer['ok']>> => {
    service.stdin.write(`${JSON.stringify({ id: 1, ...request })}\n`);
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error(`its policy service ended before it answered: ${said.trim()}`);
      const { ok, error } = v.parse(answerSchema, value);
      if (error) throw new Error(`its policy service says: ${error.message}`);
      // Else it tells how far it is.
      if (ok) return ok;
    }
  };
  try {
    const { description = '' } = await ask(openRequest(policy));
    const step = stepRequest();
    return { description, milliseconds: await measure(() => ask(step)) };
  } finally {
    service.kill();
  }
}

function openRequest(policy: string): object {
  const { weightDecay, beta2, epsilon, maxGradNorm } = optimiserDefaults;
  const where = { device: 'auto', dtype: 'auto', threads: 0, memory: null };
  const optimiser = { weightDecay, beta2, epsilon, maxGradNorm };
  return { op: 'open', policy, adapter: null, lora: null, seed: 1, optimiser, ...where };
}

function stepRequest(): object {
  const rows = rowsOf(usual);
  return {
    op: 'reinforce',
    contexts: rows.map(({ promptIds }) => ({ ids: packed(promptIds), prefix: null })),
    rows: rows.map(({ completionIds, weights, advantage, dualClip, oldLogProbs, refLogProbs }, context) => ({
      ...{ context, ids: packed(completionIds), weights: packed(weights), advantage, dualClip },
      ...{ old: packed(oldLogProbs), ref: refLogProbs && packed(refLogProbs) },
    })),
    learningRate: optimiserDefaults.learningRate,
    loss: { ...loss, klEstimator: 'k3', ratioCap: null },
  };
}

/** An array as the pipe carries it: little endian, in base64. */
function packed(values: Float32Array | Int32Array): object {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  return { dtype: values instanceof Float32Array ? 'f32' : 'i32', shape: [values.length], data };
}
