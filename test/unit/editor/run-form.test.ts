import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { defaultInstruction } from '../../../src/domain/prompt-text.ts';
import { defaultLora, type BaseBits } from '../../../src/domain/run.ts';
import type { RunRow } from '../../../src/store/store.ts';
import {
  adapterText,
  configAfter,
  countedOnce,
  divergedBatch,
  groupText,
  instructionText,
  numberFault,
  numberRules,
  nameFault,
  policyWord,
  rewardsText,
  runName,
  stagesFault,
  startFault,
  uploadWord,
  mediaFault,
  mediaWord,
  weightTexts,
} from '../../../src/editor/run-form.ts';
import { policyFacts } from '../../../src/training/policy/policy-facts.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { temporaryFolder } from '../store/fixture.ts';

describe('a number a person types', () => {
  it.each([
    ['24', null],
    [' 24 ', null],
    ['', 'Type a number.'],
    ['  ', 'Type a number.'],
    ['many', 'Type a number.'],
    ['Infinity', 'Type a number.'],
    ['2.5', 'Type a whole number.'],
    ['0', 'At least 1.'],
    ['1e9', 'At most 1000000.'],
  ])('of steps, “%s”: %s', (text, fault) => {
    expect(numberFault(text, numberRules.steps)).toBe(fault);
  });

  it('of λ may be 0 or a fraction, not negative', () => {
    expect(['0', '0.3', '-0.1'].map((text) => numberFault(text, numberRules.lambda))).toEqual([
      null,
      null,
      'At least 0.',
    ]);
  });
});

it('a curriculum a person types is one, or told why not', () => {
  expect(stagesFault('visual:4, localisation:2')).toBeNull();
  expect(stagesFault('visual 4')).toContain('“visual 4” is not a stage');
});

describe('what a policy’s folder is', () => {
  const sample = resolve(import.meta.dirname, '../../../media/sample/policy');
  const config = presetConfig('avatar', sample, 1);

  it('is told from its configuration and the head of its weights, with what it takes', async () => {
    const facts = await policyFacts(sample);
    const { parameters } = await Policy.load(sample);
    const count = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(facts).toEqual({ family: 'qwen2', parameters: count, sees: true, embeddedFault: null });
    expect(policyWord(facts, config, 24e9)).toEqual({
      text: expect.stringMatching(/^qwen2, 0\.9 million parameters, sees and hears; takes about 2\.2 GB/) as string,
      warns: false,
    });
    expect(policyWord(facts, config, 1e9).warns).toBe(true);
    const large = { ...facts, parameters: 7e9 };
    expect(policyWord(large, { ...config, lora: defaultLora }, 64e9).warns).toBe(false);
    const adapted = { ...config, lora: defaultLora };
    expect([32, 8].map((bits) => policyWord(large, { ...adapted, baseBits: bits as BaseBits }, 16e9).warns)).toEqual([
      true,
      false,
    ]);
    expect(policyWord(large, config, 64e9).warns).toBe(true);
  });

  it('is of the engine of PyTorch alone where the embedded one does not know it', async () => {
    const folder = temporaryFolder();
    cpSync(sample, folder, { recursive: true });
    const file = join(folder, 'config.json');
    const given = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...given, model_type: 'gemma2', sliding_window: 128 }));
    const facts = await policyFacts(folder);
    expect(policyWord(facts, config, 24e9)).toMatchObject({
      text: expect.stringContaining('choose the engine torch') as string,
      warns: true,
      stops: true,
    });
    expect(policyWord(facts, { ...config, engine: 'torch' }, 24e9)).toMatchObject({
      text: expect.stringMatching(/^gemma2/) as string,
      warns: false,
    });
    await expect(policyFacts(join(folder, 'nowhere'))).rejects.toThrow('nowhere');
  });
});

describe('a run that is to start', () => {
  const config = presetConfig('avatar', 'p', 1);

  it('is refused with the fault of its policy, of its configuration, or of its prompts', () => {
    const word = { text: 'p has no config.json', warns: true };
    const prompts = { unknown: [], left: 0, stages: [{ stage: null, prompts: 2, answered: 2, learnt: 2 }] };
    expect(startFault(config, { ...word, stops: true }, prompts)).toBe('p has no config.json');
    expect(startFault(config, word, prompts)).toBeNull();
    expect(startFault({ ...config, onPolicy: 1 }, null, prompts)).toContain('a group needs at least two completions');
    const bare = { ...prompts, stages: [{ ...prompts.stages[0], prompts: 0 }] };
    expect(startFault(config, null, bare)).toBe(
      'no prompts to train on: the store, split train has none in this store: import its dataset, or choose another split',
    );
  });

  it('has a name that no other has', () => {
    expect(['mine', ' ', ' avatar-1 '].map((name) => nameFault(name, ['avatar-1']))).toEqual([
      null,
      'Type a name.',
      'Another run has this name.',
    ]);
  });

  it('tells its group and what of the policy is trained', () => {
    expect(groupText(config)).toBe('8: 4 fresh, 4 replayed');
    expect(groupText({ ...config, groupSize: 6 })).toBe('8: 4 fresh of 6 made, 4 replayed');
    expect(adapterText(config)).toBe('none: all weights are trained');
    expect(adapterText({ ...config, lora: defaultLora })).toBe('rank 16, α 32');
    expect(adapterText({ ...config, adapter: '/runs/a/checkpoint-4' })).toBe('goes on with checkpoint-4');
  });
});

it('rewards are told by their rule and whose weights they have', () => {
  const config = presetConfig('avatar', 'p', 1);
  expect(rewardsText(config)).toBe('ours, weights of the page');
  expect(rewardsText({ rewardRule: 'authors', rewardWeights: 'readme' })).toBe('authors, weights of the readme');
  expect(rewardsText({ ...config, rewardWeights: { accuracy: 1 } })).toBe('ours, weights of its own');
  expect(weightTexts.readme).toContain('audio-visual format 0.5 + self 1, localisation format 0.5 + judge 1');
});

it('an instruction is told in a few words', () => {
  expect([null, defaultInstruction, 'Be\n brief.'].map(instructionText)).toEqual(['none', 'ours', 'Be brief.']);
  expect(instructionText('word '.repeat(40))).toHaveLength(60);
});

it('counts stored rollouts again only for other prompts', async () => {
  const asked: unknown[] = [];
  const counted = countedOnce({
    segmented: (config, stages) => {
      asked.push([config.dataset ?? config.prompts, stages]);
      return Promise.resolve([{ annotators: [], rollouts: asked.length }]);
    },
  });
  const config = presetConfig('avatar', '/policies/cold-start', 7);
  const other = { ...config, steps: 3, seed: 8, backend: 'auto' as const, tas: { ...config.tas, annotators: ['ana'] } };
  expect(await counted(config)).toBe(await counted(other));
  expect(asked).toEqual([[null, [null]]]);
  const staged = { ...config, stages: [{ stage: 'visual' as const, steps: 4 }] };
  await counted(staged);
  await counted({ ...staged, stages: [{ stage: 'visual', steps: 5 }] });
  await counted({ ...staged, dataset: 'sample' });
  await counted({ ...staged, prompts: ['p-1'] });
  expect(asked.slice(1)).toEqual([
    [null, ['visual']],
    ['sample', ['visual']],
    [['p-1'], ['visual']],
  ]);
});

describe('a run after another', () => {
  const config = presetConfig('avatar', '/policies/cold-start', 7);
  const row = { status: 'finished', config, summary: null } as unknown as RunRow;
  const checkpoint = { runId: 'r', iteration: 8, path: '/runs/r/step-8', createdAt: '' };

  it('begins with its checkpoint, for the iterations that were left', () => {
    expect(configAfter(row, checkpoint)).toEqual({ ...config, policy: '/runs/r/step-8', steps: 16 });
    expect(configAfter(row, { ...checkpoint, iteration: 24 }).steps).toBe(24);
    const { klEstimator, rewardRule, ...older } = config;
    const after = configAfter({ ...row, config: older } as unknown as RunRow, checkpoint);
    expect(after).toMatchObject({ klEstimator, rewardRule });
  });

  it('keeps the policy beneath an adapter', () => {
    const adapted = { ...row, config: { ...config, lora: defaultLora } };
    expect(configAfter(adapted, checkpoint)).toMatchObject({
      policy: '/policies/cold-start',
      adapter: '/runs/r/step-8',
      lora: null,
    });
  });

  it('takes a tenth of the learning rate at which it diverged', () => {
    const diverged = { ...row, status: 'failed', summary: { batch: '/runs/r/diverged-3.json' } } as const;
    expect(configAfter({ ...diverged, config: { ...config, learningRate: 0.3 } }, null)).toEqual({
      ...config,
      learningRate: 0.03,
    });
    expect(divergedBatch({ ...diverged, status: 'running' })).toBeNull();
  });
});

describe('the name of a new run', () => {
  it('is its preset with the first free number', () => {
    expect(runName('avatar', ['avatar-1', 'grpo-2', 'avatar-3'])).toBe('avatar-2');
    expect(runName('grpo', [])).toBe('grpo-1');
  });
});

describe('what a run sends to a cluster', () => {
  it('is said in MB, part by part, and warned of where Ray does not take it', () => {
    expect(
      uploadWord(
        [
          ['media', 2_040_000],
          ['policy', 31_000_000],
        ],
        5_500_000,
      ),
    ).toEqual({
      text: '33.0 MB are sent (media 2.0, policy 31.0), and at most 5.5 MB of the store',
      warns: false,
    });
    const large = uploadWord([['policy', 101 * 2 ** 20]], 5_500_000);
    expect(large.warns).toBe(true);
    expect(large.text).toMatch(/^105\.9 MB are sent .*: Ray takes 100 MiB at most\. Share the files, or send less\.$/u);
  });

  it('is said of media in an object store by the URI of one', () => {
    expect(mediaWord(0, null)).toEqual({ text: 'These prompts have no media.', warns: false });
    expect(mediaWord(24, 's3://lab/av/clips/001.mp4')).toEqual({
      text: '24 media are read there, as s3://lab/av/clips/001.mp4',
      warns: false,
    });
    expect(mediaWord(24, null).warns).toBe(true);
    expect(['', ' s3://lab/av/ '].map(mediaFault)).toEqual([null, null]);
    expect(mediaFault('lab/av')).toMatch(/^It must be s3:\/\/BUCKET\/PREFIX or gs:.*\.$/u);
  });
});
