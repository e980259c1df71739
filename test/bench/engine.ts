// npm run bench -- [PYTHON] [BACKEND] [THREADS]: a whole policy-gradient step of engine.md's shape (3.4 M parameters, 8 × 128 tokens), and
// beside it the same step in PyTorch when PYTHON has torch and transformers. Runs are interleaved; medians are compared.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Random } from '../../src/domain/random.ts';
import { openBackend } from '../../src/training/backends/choose.ts';
import { Learner } from '../../src/training/policy/learner.ts';
import { Policy } from '../../src/training/policy/policy.ts';

const [python = 'python3', backendName = 'onnxruntime', threads = '2'] = process.argv.slice(2);
const [batch, length, vocabulary, rounds] = [8, 128, 512, 9];

const backend = await openBackend(backendName === 'tensorflow' ? 'tensorflow' : 'onnxruntime', Number(threads));
const vocab = Object.fromEntries(Array.from({ length: vocabulary }, (_, id) => [`t${id}`, id]));
const config = {
  model_type: 'qwen2' as const,
  vocab_size: vocabulary,
  hidden_size: 256,
  intermediate_size: 688,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
  eos_token_id: 0,
};
const tokenizer = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', vocab, unk_token: 't0' },
};
const policy = Policy.create(config, tokenizer, 0);
const learner = new Learner({ policy, backend });
const random = Random.seeded(0);
const ids = (count: number): Int32Array => Int32Array.from({ length: count }, () => random.integer(vocabulary));
const contexts = Array.from({ length: batch }, () => ({ prefix: null, promptIds: ids(1), completionIds: ids(length) }));
const old = await learner.logProbs(contexts);
const rows = contexts.map((context, i) => ({
  ...context,
  weights: new Float32Array(length).fill(1),
  advantage: i % 2 === 0 ? 1 : -1,
  oldLogProbs: old[i],
  refLogProbs: null,
  dualClip: Infinity,
}));
const loss = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0, aggregation: 'token', ratio: 'token' } as const;

async function own(): Promise<number> {
  const start = performance.now();
  await learner.reinforce(rows, loss);
  return performance.now() - start;
}

const peer = spawn(python, [join(import.meta.dirname, 'engine.py'), threads], { stdio: ['pipe', 'pipe', 'ignore'] });
peer.on('error', () => undefined);
peer.stdin.on('error', () => undefined);
const lines = createInterface(peer.stdout)[Symbol.asyncIterator]();
const ready = !(await lines.next()).done;

async function theirs(): Promise<number> {
  peer.stdin.write('step\n');
  return Number((await lines.next()).value);
}

const times: { own: number[]; theirs: number[] } = { own: [], theirs: [] };
for (let round = 0; round <= rounds; round += 1) {
  const measured = { own: await own(), theirs: ready ? await theirs() : NaN };
  // The first round warms both up.
  if (round === 0) continue;
  times.own.push(measured.own);
  times.theirs.push(measured.theirs);
}
peer.stdin.end();

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
console.log(`${backend.description}: ${median(times.own).toFixed(0)} ms a step`);
console.log(
  ready
    ? `PyTorch: ${median(times.theirs).toFixed(0)} ms a step; ratio ${(median(times.own) / median(times.theirs)).toFixed(2)}`
    : `PyTorch: ${python} has no torch and transformers, so there is nothing to compare with`,
);
