/** Training sets for TRL, verl and verifiers; test/python/test_trainers.py trains on them. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tasWeights } from '../../../src/domain/tas.ts';
import { defaultWeights, exportTraining, type TrainingWeights } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { Tokenizer } from '../../../src/formats/tokenizer.ts';
import type { TrainingExport } from '../../../src/formats/training-write.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';
import { fixtures, trainers } from './fixture.ts';

const completion = 'Plan. See. So B.';
const tokens = {
  ids: new Int32Array([5, 6, 7, 8, 9]),
  offsets: new Int32Array([0, 5, 8, 10, 13]),
  logProbs: new Float32Array([-0.1, -0.2, -1e-8, -2, -3]),
  tokenizer: 'tiny',
};
const policy = join(import.meta.dirname, '../../../media/sample/policy');
const warped = (length: number, boundaries: number[]): number[] =>
  Array.from(tasWeights(length, { scheme: 'phase-warped', lambda: 0.3, boundaries }));

function labelled(change: Partial<Parameters<typeof makeGroup>[2]> = {}): Store {
  const store = openStore();
  const prompt = makePrompt({ hint: 'Listen.' });
  const rollouts = makeGroup(prompt, [1, 0], { completion, tokens, system: 'Think.', hinted: true, ...change });
  store.addRollouts([prompt], rollouts);
  store.labels.set({ rolloutId: rollouts[0].id, annotator: 'ann', boundaries: [5, 10] });
  return store;
}

async function written(
  store: Store,
  format: TrainingExport,
  weights: TrainingWeights = defaultWeights,
  tokenizer?: string,
) {
  const out = join(temporaryFolder(), 'out');
  const counts = await exportTraining(store, out, format, {}, weights, { trainers, tokenizer });
  return { out, counts };
}

const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

it('for TRL are rollouts with messages, tokens and weights, and the trainer that takes them', async () => {
  const { out, counts } = await written(labelled(), 'training-trl');
  expect(counts).toEqual({ rollouts: 2, sources: { 'label:ann': 1, parabolic: 1 }, left: [] });
  expect(readFileSync(join(out, 'tas_grpo_trainer.py'))).toEqual(readFileSync(join(trainers, 'tas_grpo_trainer.py')));
  const rows = linesOf(join(out, 'rollouts.jsonl'));
  expect(rows).toHaveLength(2);
  const first = rows.find(({ weight_source }) => weight_source === 'label:ann')!;
  expect(first).toMatchObject({
    prompt: [
      { role: 'system', content: 'Think.\n\nHint: Listen.' },
      { role: 'user', content: expect.stringContaining('B green') as string },
    ],
    token_ids: [5, 6, 7, 8, 9],
    reward: 1,
  });
  expect((first.tas_weights as number[]).map(Math.fround)).toEqual(warped(5, [1, 3]).map(Math.fround));
  expect((first.log_probs as number[]).map(Math.fround)).toEqual([...tokens.logProbs]);
  expect(new Set(rows.map(({ group }) => group)).size).toBe(1);
});

it('for TRL has no log-probs of a rollout that has one that is no number', async () => {
  const logProbs = new Float32Array([-0.1, -Infinity, -1, -2, -3]);
  const { out } = await written(labelled({ tokens: { ...tokens, logProbs } }), 'training-trl');
  expect(linesOf(join(out, 'rollouts.jsonl')).map(({ log_probs }) => log_probs)).toEqual([null, null]);
});

it.each(['training-trl', 'training-verl-stored', 'training-verifiers'] as const)(
  'as %s say which rollouts have no tokens, and leave nothing behind',
  async (format) => {
    const store = labelled();
    const prompt = makePrompt();
    store.addRollouts([prompt], makeGroup(prompt, [1, 1, 1, 1], { completion, name: 'none' }));
    const out = join(temporaryFolder(), 'out');
    const attempt = exportTraining(store, out, format, {}, defaultWeights, { trainers });
    await expect(attempt).rejects.toThrow(
      /^4 of 6 rollouts have no token ids, .*\(r-\w+, r-\w+, r-\w+ …\): .*--tokenizer, .*--where tokens:>0$/u,
    );
    expect(existsSync(out)).toBe(false);
    const some = await exportTraining(store, out, 'training-trl', { where: 'tokens:>0' }, defaultWeights, { trainers });
    expect(some.rollouts).toBe(2);
  },
);

it('gives tokens to what has none, and places to ids alone, by a tokenizer', async () => {
  const read = (name: string): object => JSON.parse(readFileSync(join(policy, name), 'utf8')) as object;
  const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
  const text = 'At 0:01 red enters. So it is red.';
  const ids = tokenizer.encode(text);
  const boundaries = [8, 20];
  for (const known of [null, { ids, offsets: null, logProbs: null, tokenizer: null }]) {
    const store = openStore();
    const prompt = makePrompt();
    const [rollout] = makeGroup(prompt, [1], { completion: text, tokens: known });
    store.addRollouts([prompt], [rollout]);
    store.labels.set({ rolloutId: rollout.id, annotator: 'ann', boundaries });
    const { out, counts } = await written(store, 'training-jsonl', defaultWeights, policy);
    expect(counts.sources).toEqual({ 'label:ann': 1 });
    const starts = [...tokenizer.starts(ids, text)!];
    const [row] = linesOf(out);
    expect(row).toMatchObject({ token_ids: [...ids], starts, units: 'tokens' });
    const places = boundaries.map((place) => starts.findIndex((start) => start >= place));
    expect((row.tas_weights as number[]).map(Math.fround)).toEqual(warped(ids.length, places).map(Math.fround));
  }
  await expect(written(labelled(), 'training-jsonl', defaultWeights, temporaryFolder())).rejects.toThrow(
    /there is no tokenizer\.json in/u,
  );
});

it('for verl are prompts as its dataset reads them, and an estimator with the scheme that was asked for', async () => {
  const store = labelled();
  const open = makePrompt({
    question: 'Why?',
    options: [],
    answer: null,
    video: 'a.png',
    audio: 'b.wav',
    system: 'Be brief.',
  });
  store.addRollouts([open], makeGroup(open, [0]));
  const asked = { ...defaultWeights, scheme: 'linear-decay', lambda: 0.5, normalise: true } as const;
  const { out } = await written(store, 'training-verl', asked);
  expect(readdirSync(out).sort()).toEqual(['prompts.jsonl', 'tas_advantage.py']);
  const rows = linesOf(join(out, 'prompts.jsonl'));
  expect(rows).toHaveLength(2);
  expect(
    rows.find(({ data_source, images }) => data_source === 'clips' && (images as string[]).length > 0),
  ).toMatchObject({
    prompt: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '<image><audio>Why?' },
    ],
    ...{ images: ['a.png'], videos: [], audios: ['b.wav'] },
    reward_model: { style: 'rule', ground_truth: null },
  });
  const code = readFileSync(join(out, 'tas_advantage.py'), 'utf8');
  for (const line of ['SCHEME = "linear-decay"', 'LAMBDA = 0.5', 'NORMALISE = True'])
    expect(code).toContain(`\n${line}\n`);
  const { out: phased } = await written(store, 'training-verl');
  expect(readFileSync(join(phased, 'tas_advantage.py'), 'utf8')).toBe(
    readFileSync(join(trainers, 'tas_advantage.py'), 'utf8'),
  );
});

it('for verl are stored rollouts with their weights, a row of its dataset for each group, and the trainer that takes them', async () => {
  const store = labelled();
  const others = makePrompt({ question: 'Why?', options: [], answer: null, video: 'a.mp4' });
  const plain = { ...tokens, logProbs: null };
  store.addRollouts([others], makeGroup(others, [0, 1, 0], { completion, tokens: plain }));
  const { out, counts } = await written(store, 'training-verl-stored');
  expect(counts).toEqual({ rollouts: 5, sources: { 'label:ann': 1, parabolic: 4 }, left: [] });
  expect(readdirSync(out).sort()).toEqual(['groups.jsonl', 'rollouts.jsonl', 'tas_stored.py']);
  expect(readFileSync(join(out, 'tas_stored.py'))).toEqual(readFileSync(join(trainers, 'tas_stored.py')));
  const groups = linesOf(join(out, 'groups.jsonl'));
  expect(groups).toHaveLength(2);
  expect(groups.find(({ videos }) => (videos as string[])[0] === 'clips/1.mp4')).toMatchObject({
    prompt: [
      { role: 'system', content: 'Think.\n\nHint: Listen.' },
      { role: 'user', content: expect.stringMatching(/^<video>Which/u) as string },
    ],
    ...{ agent_name: 'tas_stored', data_source: 'clips', reward_model: { ground_truth: 'B' } },
  });
  const rows = linesOf(join(out, 'rollouts.jsonl'));
  expect(rows.map(({ group }) => group).sort()).toEqual(
    groups
      .flatMap(({ group, videos }) => Array<unknown>((videos as string[])[0] === 'a.mp4' ? 3 : 2).fill(group))
      .sort(),
  );
  const first = rows.find(({ weight_source }) => weight_source === 'label:ann')!;
  expect(first).toMatchObject({ completion, token_ids: [5, 6, 7, 8, 9], reward: 1 });
  expect((first.tas_weights as number[]).map(Math.fround)).toEqual(warped(5, [1, 3]).map(Math.fround));
  expect(rows.filter(({ log_probs }) => log_probs === null)).toHaveLength(3);
});

it('name the media of a prompt, in order', async () => {
  const store = openStore();
  const media = [
    { kind: 'image', path: '/a.png' },
    { kind: 'video', path: '/b.mp4' },
    { kind: 'audio', path: '/c.wav' },
  ] as const;
  const prompts = [
    makePrompt({ question: 'All?', video: '/b.mp4', audio: '/c.wav', media: [...media] }),
    makePrompt({ question: 'One?', video: '/d.png' }),
    makePrompt({ question: 'None?', video: null }),
  ];
  store.addRollouts(
    prompts,
    prompts.flatMap((prompt) => makeGroup(prompt, [1], { completion, tokens })),
  );
  const { out } = await written(store, 'training-trl');
  const rows = linesOf(join(out, 'rollouts.jsonl')) as { prompt: { content: string }[]; media: unknown }[];
  const of = (question: string): unknown => rows.find(({ prompt }) => prompt[0].content.startsWith(question))!.media;
  expect([of('All?'), of('One?'), of('None?')]).toEqual([media, [{ kind: 'image', path: '/d.png' }], []]);
});

const traces = join(fixtures, 'verifiers/traces/colours--tiny--av-1/traces.jsonl');

interface Node {
  token_ids: number[];
  mask: boolean[];
  loss_weights?: Record<string, number[]>;
}
type Episode = Record<string, unknown> & { traces: { nodes: Node[]; id: string }[] };

it('for verifiers are the traces that were imported, with weights beside the tokens that were sampled', async () => {
  const store = openStore();
  await importFiles(store, [traces]);
  const out = join(temporaryFolder(), 'traces.jsonl');
  const query = { where: 'tokens:>0 split:train' };
  const counts = await exportTraining(store, out, 'training-verifiers', query, defaultWeights, { trainers });
  expect(counts.rollouts).toBeGreaterThan(1);
  const episodes = linesOf(out) as Episode[];
  expect(episodes.flatMap((one) => one.traces)).toHaveLength(counts.rollouts);
  const before = new Map((linesOf(traces) as Episode[]).flatMap((one) => one.traces.map((trace) => [trace.id, trace])));
  for (const trace of episodes.flatMap((one) => one.traces)) {
    const weighed = trace.nodes.filter(({ loss_weights }) => loss_weights);
    expect(weighed).toHaveLength(1);
    const [{ mask, loss_weights, token_ids }] = weighed;
    expect(loss_weights!.rl).toHaveLength(token_ids.length);
    const sampled = loss_weights!.rl.filter((_, i) => mask[i]).map(Math.fround);
    expect(sampled).toEqual(Array.from(tasWeights(sampled.length, { scheme: 'parabolic', lambda: 0.3 }), Math.fround));
    expect(loss_weights!.rl.filter((_, i) => !mask[i]).every((weight) => weight === 0)).toBe(true);
    delete weighed[0].loss_weights;
    expect(trace).toEqual(before.get(trace.id));
  }
  // It is a file of the format: what is read again is there already.
  expect(await importFiles(openStore(), [out])).toMatchObject({ rollouts: counts.rollouts, rejected: [] });
});

it('for verifiers refuse rollouts that came from elsewhere, or whose file is another one now', async () => {
  await expect(written(labelled(), 'training-verifiers')).rejects.toThrow(
    /test\.jsonl, where rollout r-\w+ came from, cannot be read: .*leave others out/u,
  );
  const file = join(temporaryFolder(), 'traces.jsonl');
  const lines = readFileSync(traces, 'utf8').trimEnd().split('\n');
  writeFileSync(file, lines.join('\n'));
  const store = openStore();
  await importFiles(store, [file]);
  writeFileSync(file, lines.slice(1).join('\n'));
  const out = join(temporaryFolder(), 'traces.jsonl');
  const again = exportTraining(store, out, 'training-verifiers', { where: 'tokens:>0' }, defaultWeights, { trainers });
  await expect(again).rejects.toThrow(/^r-\w+ is in no trace of .*import the file again/u);
  expect(existsSync(out)).toBe(false);
});
