/** Fills the folder that is named with exports for trainers and trackers, of a store whose prompts and completions are the tokens of tiny.py. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { presetConfig } from '../../src/domain/preset.ts';
import {
  defaultWeights,
  exportCorrections,
  exportMetrics,
  exportPreferences,
  exportTraining,
} from '../../src/formats/export.ts';
import { Store } from '../../src/store/store.ts';
import { makeGroup, makePrompt } from '../unit/store/rows.ts';

const folder = process.argv[2];
const trainers = join(import.meta.dirname, '../../src/formats/trainers');
const store = Store.open(join(folder, 'rollouts.db'));

/** Two groups of four rollouts, six to nine tokens long; those that are right have a label. */
for (const question of ['w3 w4', 'w5 w6 w7']) {
  const prompt = makePrompt({ question, options: [], video: null });
  const rollouts = [1, 0, 0.5, 0].flatMap((reward, i) => {
    const ids = Array.from({ length: 6 + i }, (_, t) => 2 + ((question.length * 5 + i * 7 + t * 3) % 38));
    const words = ids.map((id) => `w${id}`);
    const offsets = words.map((_, t) => words.slice(0, t).join(' ').length + Number(t > 0));
    const tokens = {
      ids: Int32Array.from(ids),
      offsets: Int32Array.from(offsets),
      logProbs: Float32Array.from(ids, (_, t) => -3.2 - 0.4 * Math.sin(t + i)),
      tokenizer: 'tiny',
    };
    return makeGroup(prompt, [reward], { completion: words.join(' '), tokens });
  });
  store.addRollouts([prompt], rollouts);
  const [{ id, tokens }] = rollouts;
  store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [tokens!.offsets![1], tokens!.offsets![4]] });
  const [right, wrong, half, other] = rollouts.map((rollout) => rollout.id);
  store.preferences.set(right, 'ann', { other: wrong, verdict: 'better' });
  store.corrections.set(wrong, 'ann', `${rollouts[1].completion.slice(0, 5)} w3 w4`);
  store.preferences.set(other, 'ann', { other: half, verdict: 'worse' });
}

for (const name of ['first', 'first', 'a/b']) {
  const run = store.runs.create(name, presetConfig('avatar', '/policy', 1));
  for (let iteration = 1; iteration <= 130; iteration += 1) {
    const values = {
      reward: iteration / 130,
      'accuracy/train': 0.25,
      ...(iteration % 10 === 0 && { kl: iteration * 1e-3 }),
    };
    store.runs.addIteration(
      run.id,
      { iteration, at: 1_790_000_000_000 + iteration * 1500, values, advantages: [] },
      [],
    );
  }
}

await exportTraining(store, join(folder, 'trl'), 'training-trl', {}, defaultWeights, { trainers });
await exportTraining(store, join(folder, 'verl'), 'training-verl', {}, defaultWeights, { trainers });
await exportTraining(store, join(folder, 'verl-stored'), 'training-verl-stored', {}, defaultWeights, { trainers });
await exportMetrics(store, join(folder, 'tensorboard'), 'tensorboard', []);
await exportMetrics(store, join(folder, 'runs.jsonl'), 'trackio', []);
await exportMetrics(store, join(folder, 'runs.csv'), 'csv', []);
await exportCorrections(store, join(folder, 'sft.jsonl'), 'trl');
await exportCorrections(store, join(folder, 'sft-text.jsonl'), 'trl-text');
await exportPreferences(store, join(folder, 'dpo.jsonl'), 'trl');
await exportPreferences(store, join(folder, 'dpo-text.jsonl'), 'trl-text');
store.close();

// Two groups of two about a clip, a picture and a sound, and about a clip; a token is a byte.
const seen = Store.open(join(folder, 'seen.db'));
const picture = { kind: 'image', path: join(folder, 'picture.png') } as const;
const clips = ['001', '002'].map((name) => join(import.meta.dirname, `../../media/sample/clips/${name}.mp4`));
for (const [i, video] of clips.entries()) {
  const media =
    i === 0 ? [{ kind: 'video', path: video } as const, picture, { kind: 'audio', path: video } as const] : null;
  const prompt = makePrompt({ question: `Clip ${i}?`, options: [], video, audio: null, media });
  const rollouts = [1, 0].flatMap((reward, n) => {
    const ids = Int32Array.from({ length: 5 + n }, (_, at) => 60 + ((i * 7 + n * 5 + at * 3) % 40));
    const tokens = { ids, offsets: Int32Array.from(ids.keys()), logProbs: null, tokenizer: 'bytes' };
    return makeGroup(prompt, [reward], { completion: 'abcdefgh'.slice(0, ids.length), tokens });
  });
  seen.addRollouts([prompt], rollouts);
  seen.preferences.set(rollouts[0].id, 'ann', { other: rollouts[1].id, verdict: 'better' });
  seen.corrections.set(rollouts[1].id, 'ann', 'Red enters.');
}
await exportTraining(seen, join(folder, 'seen'), 'training-trl', {}, defaultWeights, { trainers });
await exportCorrections(seen, join(folder, 'seen-sft.jsonl'), 'trl');
await exportPreferences(seen, join(folder, 'seen-dpo.jsonl'), 'trl');
seen.close();

// The same rollouts, as if no label had shaped a weight and no log-prob were known.
const lines = readFileSync(join(folder, 'trl/rollouts.jsonl'), 'utf8').trimEnd().split('\n');
const plain = lines.map((line) => {
  const row = JSON.parse(line) as { tas_weights: number[]; log_probs: number[] };
  return JSON.stringify({ ...row, tas_weights: row.tas_weights.map(() => 1), log_probs: null });
});
writeFileSync(join(folder, 'trl/plain.jsonl'), `${plain.join('\n')}\n`);
