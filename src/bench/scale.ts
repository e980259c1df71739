/**
 * What a token, a rollout and a weight cost in bytes, for docs/scale.md: `npm run build && node src/bench/scale.ts PYTHON`, with a Python that
 * has what the policy service needs. Each is measured at two sizes; what grows between them is the share of one more.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TorchEngine } from '../training/engine/torch.ts';
import { PolicyText } from '../training/policy/policy-text.ts';
import type { RolloutRow } from '../training/policy/row.ts';

const root = resolve(import.meta.dirname, '../..');
const policy = join(root, 'media/sample/policy');
const sample = join(root, 'media/sample/rollouts/sample.rollouts.jsonl');
const options = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0.1, aggregation: 'token', ratio: 'token' } as const;
const rows = 8;

/** Bytes of each request and of its answer on the pipe, for rows of so many tokens: tee stands between the two processes. */
async function pipe(python: string, folder: string, tokens: number): Promise<Record<string, number[]>> {
  const said = ['asked', 'answered'].map((name) => join(folder, `${name}-${tokens}`));
  const between = join(folder, `python-${tokens}`);
  writeFileSync(between, `#!/bin/sh\ntee ${said[0]} | '${python}' "$@" | tee ${said[1]}\n`, { mode: 0o755 });
  const text = await PolicyText.read(policy);
  const engine = await TorchEngine.open(text, {
    python: between,
    packages: join(root, 'src/cluster'),
    base: policy,
    adapter: null,
    lora: null,
    seed: 1,
    threads: 1,
    optimiser: { weightDecay: 0, beta2: 0.999, maxGradNorm: 1 },
  });
  const context = { promptIds: Int32Array.from({ length: 8 }, (_, i) => 10 + i), prefix: null };
  const scored = Array.from({ length: rows }, () => ({ ...context, completionIds: new Int32Array(tokens).fill(20) }));
  const logProbs = await engine.logProbs(scored, 'policy');
  const learnt = scored.map((row, i): RolloutRow => {
    const [oldLogProbs, refLogProbs] = [logProbs[i], logProbs[i]];
    const weights = new Float32Array(tokens).fill(1);
    return { ...row, weights, advantage: 0.5, oldLogProbs, refLogProbs, dualClip: Infinity };
  });
  await engine.reinforce(learnt, { ...options, learningRate: 0 });
  mkdirSync(join(folder, `saved-${tokens}`));
  await engine.save(join(folder, `saved-${tokens}`));
  await engine.dispose();
  const lines = said.map((file) => readFileSync(file, 'utf8').trim().split('\n'));
  const answers = lines[1].filter((line) => !line.includes('"progress"'));
  const sizes = lines[0].map((line, i) => [(JSON.parse(line) as { op: string }).op, [line.length, answers[i].length]]);
  return Object.fromEntries(sizes) as Record<string, number[]>;
}

/** Bytes of a store into which the sample's rollouts were imported `copies` times, each with its text and tokens `times` over. */
function store(folder: string, copies: number, times: number): { bytes: number; rollouts: number; tokens: number } {
  let tokens = 0;
  const lines = readFileSync(sample, 'utf8').trim().split('\n').slice(0, 1_000);
  const long = (line: string, copy: number): string => {
    const parsed = JSON.parse(line) as {
      rollout: { id: string; completion: string; tokens: Record<'ids' | 'offsets' | 'logProbs', number[]> };
    };
    const { rollout } = parsed;
    const { completion, tokens: own } = rollout;
    const over = <T>(part: (turn: number) => T[]): T[] => Array.from({ length: times }, (_, turn) => part(turn)).flat();
    rollout.id = `${rollout.id}-${copy}`;
    rollout.completion = completion.repeat(times);
    rollout.tokens = {
      ...own,
      ids: over(() => own.ids),
      offsets: over((turn) => own.offsets.map((offset) => offset + turn * completion.length)),
      logProbs: over(() => own.logProbs),
    };
    tokens += rollout.tokens.ids.length;
    return JSON.stringify(parsed);
  };
  const file = join(folder, `${copies}-${times}.jsonl`);
  const rollouts = Array.from({ length: copies }, (_, copy) => lines.map((line) => long(line, copy))).flat();
  writeFileSync(file, `${rollouts.join('\n')}\n`);
  const db = join(folder, `${copies}-${times}.db`);
  const words = [join(root, 'dist/cli.cjs'), 'import', file, '--db', db, '--media', join(root, 'media/sample')];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { bytes: statSync(db).size, rollouts: rollouts.length, tokens };
}

const folder = mkdtempSync(join(tmpdir(), 'scale-'));
try {
  const [short, long] = [await pipe(process.argv[2], folder, 24), await pipe(process.argv[2], folder, 48)];
  for (const op of ['logProbs', 'reinforce']) {
    const perToken = [0, 1].map((side) => (long[op][side] - short[op][side]) / (24 * rows));
    const perRow = [0, 1].map((side) => short[op][side] / rows - 24 * perToken[side]);
    console.log(op, { perToken, perRow, short: short[op], long: long[op] });
  }
  const stores = [store(folder, 2, 1), store(folder, 8, 1), store(folder, 2, 8), store(folder, 8, 8)];
  console.log(stores);
  for (const [small, large] of [stores.slice(0, 2), stores.slice(2)])
    console.log({
      perRollout: (large.bytes - small.bytes) / (large.rollouts - small.rollouts),
      tokens: large.tokens / large.rollouts,
    });
  const saved = join(folder, 'saved-48');
  console.log(readdirSync(saved).map((name) => [name, statSync(join(saved, name)).size]));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
