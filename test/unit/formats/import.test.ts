import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { correctnessText } from '../../../src/domain/correctness.ts';
import { exportLabels, exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { rolloutLine } from '../../../src/formats/rollout-lab.ts';
import { rolloutExports } from '../../../src/formats/write.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

describe('our own JSONL', () => {
  it('loses nothing: what is exported and imported into an empty store is the same, labels too', async () => {
    const store = openStore();
    const event = { kind: 'shape', start: 1, end: 3, colour: 'red', path: [{ x: 0.62, y: 0.41 }] };
    const sourceRow = { audio_cues: ['a bell'], extra: { box: [0.5, null] } };
    const prompt = makePrompt({
      ...{ hint: 'Listen.', sourceId: '7', video: '/nowhere/1.mp4', events: [event], system: 'Be kind.', sourceRow },
    });
    const plain = makeGroup(makePrompt({ question: 'Other?', answer: null, stage: null }), [null]);
    const rollouts = makeGroup(prompt, [1, 0.25], {
      completion: 'Plan 🎬. See. So B.',
      tokens: {
        ids: new Int32Array([5, 6, 7]),
        offsets: new Int32Array([0, 5, 8]),
        logProbs: new Float32Array([-0.1, -Infinity, -1e-8]),
        tokenizer: 'tiny',
      },
      advantage: 0.5,
      hinted: true,
      system: 'Be brief.',
    });
    store.addRollouts([prompt, makePrompt({ question: 'Other?', answer: null, stage: null })], [...rollouts, ...plain]);
    const grounding = [{ start: 0, end: 1.5 }, null, null];
    for (const annotator of ['ann', 'bo']) {
      store.labels.set({ rolloutId: rollouts[0].id, annotator, boundaries: [9, 14], grounding });
    }
    const out = join(temporaryFolder(), 'all.rollouts.jsonl');
    expect(await exportRollouts(store, out, 'rollout-lab')).toBe(3);

    const copy = openStore();
    const report = await importFiles(copy, [out]);
    expect(report).toEqual({
      files: 1,
      rows: 3,
      rollouts: 3,
      prompts: 2,
      labels: 2,
      comments: 0,
      duplicates: 0,
      rejected: [],
      notes: [],
    });
    const source = `import:${out}`;
    expect(everything(copy)).toEqual(everything(store).map((rollout) => ({ ...rollout, source })));
    expect(copy.prompts.page().rows).toEqual(store.prompts.page().rows);
    expect(copy.prompts.get(prompt.id)!.events).toEqual([event]);
    const labels = (one: Store) =>
      one.labels.of(rollouts[0].id).map(({ savedAt, ...label }) => ({ ...label, saved: savedAt !== '' }));
    expect(labels(copy)).toEqual(labels(store));
    expect(labels(copy)).toHaveLength(2);
  });

  it('carries tags, and brings none back that was taken off', async () => {
    const store = openStore();
    const prompt = makePrompt({ video: null });
    const [rollout] = makeGroup(prompt, [1]);
    store.addRollouts([prompt], [rollout]);
    store.tags.set([rollout.id], 'ana', 'hack', true);
    store.tags.set([rollout.id], 'ben', 'lucky guess', true);
    const out = join(temporaryFolder(), 'x.rollouts.jsonl');
    await exportRollouts(store, out, 'rollout-lab');

    const copy = openStore();
    for (const tags of [2, 0]) expect(await importFiles(copy, [out])).toMatchObject({ tags, rejected: [] });
    expect(copy.tags.of(rollout.id)).toEqual(store.tags.of(rollout.id));
    copy.tags.set([rollout.id], 'ana', 'hack', false);
    expect(await importFiles(copy, [out])).toMatchObject({ tags: 0 });
    expect(copy.tags.of(rollout.id)).toEqual([{ annotator: 'ben', tag: 'lucky guess' }]);

    writeFileSync(out, readFileSync(out, 'utf8').replace('lucky guess', '…'));
    const { rejected } = await importFiles(openStore(), [out]);
    expect(rejected).toMatchObject([{ line: 1, reason: 'tags.1.tag: a tag has at least one letter, digit or sign' }]);
  });

  it('carries comments with all that was done to them, and what is done later in either store', async () => {
    const store = openStore();
    const prompt = makePrompt({ video: null });
    const [rollout] = makeGroup(prompt, [1], { completion: 'Plan. I look. So B.' });
    store.addRollouts([prompt], [rollout]);
    const value = { body: 'Which?', text: { start: 6, end: 12 }, video: { start: 1, end: 1 } };
    // All in one moment: no time tells them apart.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const id = store.comments.add(rollout.id, 'ana', value);
    store.comments.edit(id, 'ana', { ...value, text: null });
    const other = store.comments.add(rollout.id, 'ben', { ...value, video: null });
    vi.useRealTimers();
    const out = join(temporaryFolder(), 'x.rollouts.jsonl');
    await exportRollouts(store, out, 'rollout-lab');

    const copy = openStore();
    for (const comments of [2, 0]) expect(await importFiles(copy, [out])).toMatchObject({ comments, rejected: [] });
    expect(copy.comments.history(rollout.id)).toEqual(store.comments.history(rollout.id));
    expect(copy.comments.of(rollout.id)).toEqual(store.comments.of(rollout.id));

    store.comments.resolve(id, 'ben', true);
    copy.comments.add(rollout.id, 'cyd', { ...value, body: 'Mine' });
    await exportRollouts(store, out, 'rollout-lab');
    await importFiles(copy, [out]);
    expect(copy.comments.of(rollout.id)).toMatchObject([
      { id, resolved: { annotator: 'ben' }, text: null },
      { id: other, resolved: null },
      { body: 'Mine', annotator: 'cyd' },
    ]);
    expect(copy.comments.history(rollout.id)).toHaveLength(5);

    // Resolved there after it was deleted here: it stays deleted.
    store.comments.delete(other, 'ben');
    copy.comments.resolve(other, 'ana', true);
    await exportRollouts(store, out, 'rollout-lab');
    await importFiles(copy, [out]);
    expect(copy.comments.of(rollout.id).map((one) => one.body)).toEqual(['Which?', 'Mine']);

    const said = { id: 'c', annotator: 'ana', at: '2026-01-02T03:04:05.678Z', change: 'add' as const };
    const broken = { ...said, value: { ...value, text: { start: 6, end: 99 } } };
    writeFileSync(
      out,
      rolloutLine(prompt, rollout, { comments: [broken] }) +
        rolloutLine(prompt, rollout, { comments: [{ ...said, change: 'resolve', value: null }] }),
    );
    expect((await importFiles(copy, [out])).rejected).toMatchObject([
      { line: 1, reason: expect.stringContaining('comment of ana: a comment cannot be on 6 to 99') as string },
    ]);
    expect(copy.comments.of(rollout.id)).toHaveLength(2);
  });

  it('carries labels alone onto rollouts that are there', async () => {
    const store = openStore();
    const copy = openStore();
    const prompt = makePrompt();
    const rollouts = makeGroup(prompt, [1, 0]);
    for (const one of [store, copy]) one.addRollouts([prompt], rollouts);
    const grounding = [null, null, { start: 2, end: 2.25 }];
    const origin = { source: 'rules' as const, scores: [0.75, null] };
    store.labels.set({ rolloutId: rollouts[1].id, annotator: 'ann', boundaries: [3, 9], grounding, origin });
    const out = join(temporaryFolder(), 'labels.jsonl');
    expect(await exportLabels(store, out)).toBe(1);
    expect((await importFiles(copy, [out])).rejected).toEqual([]);
    expect(copy.labels.get(rollouts[1].id, 'ann')).toMatchObject({ boundaries: [3, 9], grounding, origin });
    expect((await importFiles(openStore(), [out])).rejected).toMatchObject([{ line: 1 }]);
  });

  it('takes in a folder whose labels come before their rollouts by name', async () => {
    const store = openStore();
    const prompt = makePrompt();
    const rollouts = makeGroup(prompt, [1, 0]);
    store.addRollouts([prompt], rollouts);
    store.labels.set({ rolloutId: rollouts[0].id, annotator: 'ann', boundaries: [3, 9] });
    const folder = temporaryFolder();
    await exportLabels(store, join(folder, 'gold.labels.jsonl'));
    await exportRollouts(store, join(folder, 'rollouts.jsonl'), 'rollout-lab');

    const copy = openStore();
    expect(await importFiles(copy, [folder])).toMatchObject({ files: 2, rollouts: 2, rejected: [] });
    expect(copy.labels.get(rollouts[0].id, 'ann').boundaries).toEqual([3, 9]);
  });
});

describe('every format', () => {
  it.each(rolloutExports)(
    '%s adds nothing the second time, and keeps eight equal completions eight',
    async (format) => {
      const source = openStore();
      const prompt = makePrompt({ sourceId: 'q1', answer: 'B', video: null });
      source.addRollouts([prompt], makeGroup(prompt, Array<number>(8).fill(1)));
      const out = join(temporaryFolder(), format === 'trl' ? 'completions_00000.parquet' : '0.jsonl');
      await exportRollouts(source, out, format);

      const store = openStore();
      expect(await importFiles(store, [out])).toMatchObject({ rollouts: 8, prompts: 1, duplicates: 0, rejected: [] });
      expect(store.prompts.page().rows).toMatchObject([{ groups: 1, rollouts: 8, answer: 'B', vanishingGroups: 1 }]);
      expect(await importFiles(store, [out])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: 8, rejected: [] });
    },
  );
});

describe('TRL completions, as pandas writes them', () => {
  it('are read with their rewards by name, nulls left out, and their advantage', async () => {
    const store = openStore();
    const report = await importFiles(store, [join(fixtures, 'trl/text')]);
    expect(report).toEqual({
      files: 1,
      rows: 4,
      rollouts: 4,
      prompts: 1,
      labels: 0,
      comments: 0,
      duplicates: 0,
      rejected: [],
      notes: [
        {
          file: join(fixtures, 'trl/text/completions/completions_00025.parquet'),
          text: 'of training the dump holds step 25: between two log lines TRL keeps the last batch only',
        },
      ],
    });
    const advantage = Math.fround(1 / (Math.sqrt(4 / 3) + 1e-4));
    expect(everything(store)).toMatchObject([
      {
        policy: 'text',
        policyVersion: 25,
        rewards: { accuracy_reward: 1, format_reward: 1 },
        reward: 2,
        advantage,
      },
      { completion: '<think>Plan. Look. So B.</think>\n<answer>B</answer>', advantage },
      { rewards: { accuracy_reward: 0, format_reward: 0 }, reward: 0, advantage: -advantage },
      { rewards: { format_reward: 0 }, reward: 0, advantage: -advantage, tokens: null },
    ]);
    const marks = store.rollouts.page().rows.map(({ correct }) => correctnessText(correct));
    expect(marks).toEqual(['right by accuracy_reward', 'right by accuracy_reward', 'wrong by accuracy_reward', '']);
    expect(store.rollouts.page({ filter: 'wrong' }).rows.map(({ rewards }) => rewards.accuracy_reward)).toEqual([0]);
    expect(store.prompts.page().rows).toMatchObject([
      { question: 'Which colour sounds?\nA red\nB green', answer: 'B', sourceId: 'q1', groups: 1, dataset: 'text' },
    ]);
  });

  it('are read when prompts and completions are messages, with media and hint', async () => {
    const store = openStore();
    await importFiles(store, [join(fixtures, 'trl/messages')]);
    expect(store.prompts.page().rows).toMatchObject([
      { question: 'Which colour sounds?', video: 'clips/1.mp4', hint: 'Listen first.' },
    ]);
    expect(everything(store)[2]).toMatchObject({ completion: '<answer>A</answer>', hinted: true });
  });
});

describe('verl generations', () => {
  const input = 'system\nYou are a helpful assistant.\nuser\nHow many tones?\nassistant\n';

  it('of v1 are grouped by their uid without its session and index', async () => {
    const row = (uid: string, score: number) => ({
      input,
      output: 'Two.',
      gts: '2',
      score,
      step: 3,
      uid,
      acc: score > 0,
    });
    const folder = folderOf({ '3.jsonl': [row('a_b_0_0', 1), row('a_b_0_1', 0), row('c_0_0', 1)] });
    const store = openStore();
    expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 3, prompts: 1, rejected: [] });
    const [prompt] = store.prompts.page().rows;
    expect(prompt).toMatchObject({ question: 'How many tones?', answer: '2', groups: 2 });
    expect(store.rollouts.groups(prompt.id).map(({ rollouts }) => rollouts)).toEqual([2, 1]);
    expect(everything(store)[1]).toMatchObject({ reward: 0, rewards: { acc: 0 }, policyVersion: 3 });
    expect(store.rollouts.page({ filter: 'wrong' }).rows).toHaveLength(1);
  });

  it.each(['v1', 'uid'])('in %s, of rows that ask the same, are groups of one prompt by their uids', async (name) => {
    const store = openStore();
    const { rejected } = await importFiles(store, [join(fixtures, 'verl', name)]);
    expect(rejected).toEqual([]);
    const [prompt, ...others] = store.prompts.page().rows;
    expect(others).toEqual([]);
    expect(store.rollouts.groups(prompt.id).map(({ rollouts, meanReward }) => [rollouts, meanReward])).toEqual([
      [2, 0.5],
      [2, 0.5],
    ]);
    const texts = store.rollouts
      .groups(prompt.id)
      .map(({ id }) => store.rollouts.page({ groupId: id }).rows.map((one) => one.completion));
    expect(texts).toEqual([
      ['Two.', 'Three.'],
      ['Two.', 'One.'],
    ]);
  });

  it('of older versions are grouped by their input', async () => {
    const folder = folderOf({
      '10.jsonl': [
        { input: 'a', output: 'x', gts: null, score: 0.5, step: 10, request_id: 'r1' },
        { input: 'a', output: 'x', gts: null, score: 0.5, step: 10, request_id: 'r2' },
        { input: 'b', output: 'x', gts: null, score: null, step: 10 },
      ],
    });
    const store = openStore();
    expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 3, prompts: 2, rejected: [] });
    expect(store.prompts.page().rows.map(({ rollouts }) => rollouts)).toEqual([2, 1]);
    expect(everything(store)[2].reward).toBeNull();
  });
});

describe('rewards of verl generations', () => {
  const read = async (path: string) => {
    const store = openStore();
    const { notes } = await importFiles(store, [path]);
    return { rows: everything(store), said: notes.map(({ text }) => text) };
  };

  const asked = { input: 'user\nWhich?\nassistant\n', output: '<answer>A</answer>', gts: 'B', step: 12 };
  const penalty = { pred: 'A', overlong_reward: -0.5, overlong: true };
  /** As verl 0.9.1 writes them: of DAPO's reward manager, of a validation, and of a function that returns numpy's types. */
  const written: Record<string, object[]> = {
    overlong: [
      { score: -1, acc: false, ...penalty },
      { score: 1, acc: true, ...penalty },
    ],
    validation: [
      { score: -1, reward: -1.5, acc: 0 },
      { score: 1, reward: 0.5, acc: 1 },
    ],
    numpy: [
      { score: 0, acc: 'False', format: '0.5', n: '3' },
      { score: 1, acc: 'True', format: '1.0', n: '4' },
    ],
  };
  const dump = (name: string): string => folderOf({ '12.jsonl': written[name].map((row) => ({ ...asked, ...row })) });

  it.each([
    [
      'overlong',
      [-1.5, 0.5],
      [
        { score: -1, acc: 0, overlong_reward: -0.5, overlong: 1 },
        { score: 1, acc: 1 },
      ],
    ],
    [
      'validation',
      [-1.5, 0.5],
      [
        { score: -1, acc: 0 },
        { score: 1, acc: 1 },
      ],
    ],
    [
      'numpy',
      [0, 1],
      [
        { acc: 0, format: 0.5, n: 3 },
        { acc: 1, format: 1, n: 4 },
      ],
    ],
  ])('in %s are the whole ones, with their parts', async (name, rewards, parts) => {
    const { rows } = await read(dump(name));
    expect(rows).toMatchObject(parts.map((one, i) => ({ reward: rewards[i], rewards: one })));
  });

  it('come back from our own export', async () => {
    const store = openStore();
    await importFiles(store, [dump('overlong')]);
    const out = join(temporaryFolder(), '12.jsonl');
    await exportRollouts(store, out, 'verl');
    expect((await read(out)).rows.map(({ reward, rewards }) => [reward, rewards])).toEqual(
      everything(store).map(({ reward, rewards }) => [reward, rewards]),
    );
  });

  it('hold the penalty already where the function returned a bare number', async () => {
    const row = { input: 'a', output: 'x', score: 0.5, step: 1, acc: 1, overlong_reward: -0.5, pred: '3' };
    const { rows, said } = await read(folderOf({ '1.jsonl': [row] }));
    expect(rows).toMatchObject([{ reward: 0.5, rewards: { acc: 1, overlong_reward: -0.5 } }]);
    expect(rows[0].rewards).not.toHaveProperty('pred');
    expect(said).toEqual([]);
  });

  it('are said to be uncertain where the file shows parts and no whole', async () => {
    const { rows, said } = await read(dump('numpy'));
    expect(rows[0].reward).toBe(0);
    expect(said).toEqual([expect.stringContaining('score is taken for the whole reward')]);
    expect((await read(dump('overlong'))).said).toEqual(['the whole reward is score + overlong_reward']);
  });
});

describe('ids above 2^53', () => {
  const ids = [9007199254740992n, 9007199254740993n];

  it('keep their digits in JSON', async () => {
    const rows = ids.map((id) => `{"input": "Q?", "output": "x", "score": 1, "step": 1, "problem_id": ${id}}`);
    const store = openStore();
    await importFiles(store, [folderOf({ '1.jsonl': rows })]);
    expect(store.prompts.page().rows.map(({ sourceId }) => sourceId)).toEqual(ids.map(String));
  });

  it('keep their digits in parquet, and decimals theirs', async () => {
    const out = join(temporaryFolder(), 'completions_00001.parquet');
    parquetWriteFile({
      filename: out,
      schema: [
        { name: 'root', num_children: 4 },
        { name: 'prompt', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'completion', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'problem_id', type: 'INT64', repetition_type: 'REQUIRED' },
        ...[
          { name: 'solution', type: 'INT32' as const, converted_type: 'DECIMAL' as const, scale: 1, precision: 5 },
        ].map((one) => ({ ...one, repetition_type: 'REQUIRED' as const })),
      ],
      columnData: [
        { name: 'prompt', data: ['Q?', 'Q?'] },
        { name: 'completion', data: ['a', 'b'] },
        { name: 'problem_id', data: ids },
        { name: 'solution', data: [0.3, 0.7] },
      ],
    });
    const store = openStore();
    expect((await importFiles(store, [out])).rejected).toEqual([]);
    expect(store.prompts.page().rows.map(({ sourceId, answer }) => [sourceId, answer])).toEqual([
      [String(ids[0]), '0.3'],
      [String(ids[1]), '0.7'],
    ]);
  });
});

describe('bad input', () => {
  it('is reported by file and line, and the rest goes in', async () => {
    const good = { input: 'a', output: 'x', score: 1, step: 1 };
    const folder = folderOf({ 'd/1.jsonl': [good, '{"input": ', { ...good, output: 5 }, '', good, '[1]'] });
    const file = join(folder, 'd/1.jsonl');
    const report = await importFiles(openStore(), [folder]);
    expect(report).toMatchObject({ files: 1, rollouts: 2 });
    expect(report.rejected.map(({ file, line }) => [file, line])).toEqual([2, 3, 6].map((line) => [file, line]));
    expect(report.rejected[1].reason).toContain('output');
  });

  it('of a kind not known is refused when named, and passed over within a folder that holds others', async () => {
    const dump = [{ input: 'a', output: 'x', score: 1, step: 1 }];
    const folder = folderOf({ 'config.json': [{ model: 'x' }], 'notes.txt': ['hello'], 'd/1.jsonl': dump });
    expect(await importFiles(openStore(), [folder])).toMatchObject({ files: 1, rejected: [] });
    const named = await importFiles(openStore(), [join(folder, 'config.json')]);
    expect(named.rejected).toMatchObject([{ line: 0, reason: expect.stringContaining('no format known') as string }]);
  });

  it.each([
    ['files of other kinds alone', { 'config.json': [{ model: 'x' }], 'clip.mp4': ['no text'] }],
    ['no file', {}],
  ])('is told of a folder that holds %s, beside one that is read', async (_, files) => {
    const dump = folderOf({ 'd/1.jsonl': [{ input: 'a', output: 'x', score: 1, step: 1 }] });
    const folder = folderOf(files);
    const { rollouts, rejected } = await importFiles(openStore(), [dump, folder]);
    expect(rollouts).toBe(1);
    expect(rejected).toEqual([
      { file: folder, line: 0, reason: expect.stringContaining('no file in this folder is') as string },
    ]);
  });

  it.each([
    ['slime', 'rollout_1.pt', 'PK', 's["response"]'],
    ['EasyR1', 'generations.log', '[prompt] What?\n[output] That.\n[ground_truth] That.\n[score] 1.0\n', 'json.dumps'],
  ])('of %s is refused with the way round, named or in a folder', async (_, name, text, way) => {
    const folder = folderOf({ [name]: [text] });
    for (const path of [folder, join(folder, name)]) {
      expect((await importFiles(openStore(), [path])).rejected).toMatchObject([
        { file: join(folder, name), line: 0, reason: expect.stringContaining(way) as string },
      ]);
    }
  });

  it.each([
    [[0, 6, 8], 'tokens.offsets: 6 is inside a code point'],
    [[0, 9, 8], 'tokens.offsets.2: 8 is out of order'],
    [[0, 5, 20], 'tokens.offsets.2: 20 is out of order or outside the completion'],
  ])('that has tokens at %j of “Plan 🎬. See. So B.” is reported', async (offsets, reason) => {
    const prompt = makePrompt();
    const tokens = {
      ids: Int32Array.of(5, 6, 7),
      offsets: Int32Array.from(offsets),
      logProbs: null,
      tokenizer: 'tiny',
    };
    const [rollout] = makeGroup(prompt, [1], { completion: 'Plan 🎬. See. So B.', tokens });
    const folder = folderOf({ 'a.rollouts.jsonl': [rolloutLine(prompt, rollout).trim()] });
    expect((await importFiles(openStore(), [folder])).rejected).toMatchObject([
      { line: 1, reason: expect.stringContaining(reason) as string },
    ]);
  });

  it('that is a damaged parquet file is reported', async () => {
    const folder = folderOf({ 'completions_1.parquet': ['PAR1 and then nothing of the kind'] });
    expect(await importFiles(openStore(), [folder])).toMatchObject({ rollouts: 0, rejected: [{ line: 0 }] });
  });
});

describe('media', () => {
  const dataset = [
    {
      problem_id: 1,
      problem: 'How many?',
      data_type: 'video',
      problem_type: 'numerical',
      options: [],
      solution: '<answer>2</answer>',
      path: 'clips/1.mp4',
    },
    {
      problem_id: 2,
      problem: 'How many?',
      data_type: 'video',
      problem_type: 'numerical',
      options: [],
      solution: '<answer>3</answer>',
      path: 'clips/2.mp4',
    },
    {
      problem_id: 3,
      problem: 'Which?',
      problem_type: 'multiple choice',
      options: ['A. red', 'B. blue'],
      solution: 'A',
      path: { video: 'clips/3.mp4', audio: 'clips/3.wav' },
    },
  ];
  const dump = [
    { input: 'How many?', output: 'Three.', score: 1, step: 1, problem_id: '2' },
    { input: 'user\nWhich?\nA. red\nB. blue\nassistant\n', output: 'A', score: 1, step: 1 },
    { input: 'How many?', output: 'No idea which.', score: 0, step: 1 },
  ];

  it.each([
    ['before', ['dataset.json', 'dump/1.jsonl']],
    ['after', ['dump/1.jsonl', 'dataset.json']],
  ])(
    'are found when the dataset comes %s the dump, by id, else by text that fits one prompt alone',
    async (_, order) => {
      const folder = folderOf({
        'dataset.json': [JSON.stringify(dataset, null, 1)],
        'dump/1.jsonl': dump,
        'clips/2.mp4': [],
        'clips/3.mp4': [],
      });
      const store = openStore();
      for (const name of order) expect((await importFiles(store, [join(folder, name)])).rejected).toEqual([]);
      const media = everything(store).map(({ completion, promptId }) => [
        completion,
        store.prompts.get(promptId)!.video,
      ]);
      expect(media.sort()).toEqual([
        ['A', join(folder, 'clips/3.mp4')],
        ['No idea which.', null],
        ['Three.', join(folder, 'clips/2.mp4')],
      ]);
      expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: 3 });
      expect(store.prompts.page().rows.find(({ sourceId }) => sourceId === '2')).toMatchObject({
        answer: '3',
        rollouts: 1,
      });
    },
  );

  it('are looked for in the folder named, also when an import without it came first', async () => {
    const folder = folderOf({ 'in/dataset.jsonl': dataset, 'videos/1.mp4': [] });
    const store = openStore();
    await importFiles(store, [join(folder, 'in')]);
    expect(store.prompts.page().rows[0].video).toBe('clips/1.mp4');
    await importFiles(store, [join(folder, 'in')], { media: join(folder, 'videos') });
    expect(store.prompts.page().rows[0].video).toBe(join(folder, 'videos/1.mp4'));
    expect(store.prompts.page().rows).toHaveLength(3);
  });

  it('are found by the end of a path that was another machine’s', async () => {
    const path = '/data/run/videos/Art/1.mp4';
    const folder = folderOf({
      'in/d.jsonl': [{ ...dataset[0], path }],
      'videos/Art/1.mp4': [],
      'videos/Music/1.mp4': [],
    });
    const store = openStore();
    await importFiles(store, [join(folder, 'in')], { media: join(folder, 'videos') });
    expect(store.prompts.page().rows[0].video).toBe(join(folder, 'videos/Art/1.mp4'));
  });

  it.each(['video-column.parquet', 'video-r1-column.parquet'])(
    'of %s, which holds them, are found by their names',
    async (name) => {
      const folder = folderOf({ 'videos/0.mp4': [] });
      const store = openStore();
      const { rejected } = await importFiles(store, [join(fixtures, 'datasets', name)], {
        media: join(folder, 'videos'),
      });
      expect(rejected).toEqual([]);
      expect(store.prompts.page().rows.map(({ sourceId, video }) => [sourceId, video])).toEqual([
        ['0', join(folder, 'videos/0.mp4')],
        ['1', '1.mp4'],
      ]);
    },
  );

  it('outside every folder that was named are not followed', async () => {
    const folder = folderOf({ 'in/d.jsonl': [{ ...dataset[0], path: '../secret.mp4' }], 'secret.mp4': [] });
    const store = openStore();
    await importFiles(store, [join(folder, 'in')]);
    expect(store.prompts.page().rows[0].video).toBe('../secret.mp4');
  });
});

it('stops where it is when it is cancelled', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => ({ input: `q${i}`, output: 'x', score: 1, step: 1 }));
  const folder = folderOf({ '1.jsonl': rows });
  const store = openStore();
  const cancel = new AbortController();
  const importing = importFiles(store, [folder], {
    signal: cancel.signal,
    onProgress: ({ rollouts }) => {
      if (rollouts >= 2000) cancel.abort(new Error('enough'));
    },
  });
  await expect(importing).rejects.toThrow('enough');
  expect(store.prompts.datasets()[0].rollouts).toBe(2000);
  expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 3000, duplicates: 2000 });
});
