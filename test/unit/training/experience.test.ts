/** A rollout as the loss reads it: which tokens, whose log-probs, and which token a phase begins with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { tasWeights } from '../../../src/domain/tas.ts';
import type { Prompt, Rollout, TokenTrace } from '../../../src/domain/rollout.ts';
import { Experiences, type Experience } from '../../../src/training/avatar/experience.ts';
import { Policy } from '../../../src/training/policy/policy.ts';

/** A policy with the tokenizer of a golden case. */
function policyWith(name: string): Policy {
  const file = join(import.meta.dirname, '../../golden/starts', `${name}.json`);
  const { ends, tokenizer } = JSON.parse(readFileSync(file, 'utf8')) as { ends: number[]; tokenizer: object };
  const config = {
    ...{ model_type: 'qwen2' as const, vocab_size: 600, hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1 },
    ...{ num_attention_heads: 1, max_position_embeddings: 256, rms_norm_eps: 1e-6, eos_token_id: ends },
  };
  return Policy.create(config, tokenizer, 1);
}

const policy = policyWith('qwen3');
const [turnEnd, textEnd] = ['<|im_end|>', '<|endoftext|>'].map((end) => policy.tokenizer.id(end));
const prompt = { id: 'q', question: 'Which?', options: [] as string[], hint: null } as Prompt;
const preset = presetConfig('avatar', 'policy', 1);
const tas = {
  ...preset.tas,
  scheme: 'phase-constant' as const,
  lambda: 1,
  phaseWeights: [1, 0, 1],
};

/** What is made of a completion whose phases are labelled at the places of “¦”. */
function experienceOf(marked: string, tokens: Partial<TokenTrace> | null, by = policy): Experience {
  const completion = marked.replaceAll('¦', '');
  const boundaries = [marked.indexOf('¦'), marked.lastIndexOf('¦') - 1];
  const snapshot = [{ rolloutId: 'r', boundaries, source: 'label:ann' as const }];
  const experiences = new Experiences(by, [prompt], new Map(), { ...preset, tas, maxNewTokens: 128 }, snapshot);
  const rollout = { id: 'r', promptId: 'q', completion, hinted: false, tokens } as Rollout;
  return experiences.of(rollout)!;
}

/** The weight of each token of a completion by the text it stands for. */
function weighed({ completionIds, weights }: Experience): [string, number][] {
  return [...completionIds].map((id, i) => [policy.tokenizer.decode(Int32Array.of(id)), weights[i]]);
}

const evidence = (experience: Experience): string =>
  weighed(experience)
    .filter(([, weight]) => weight === 1)
    .map(([text]) => text)
    .join('');

it.each([
  ['plain', 'The red square¦ beeps twice¦ and ends.'],
  ['a special token inside', 'The<|im_end|> red square¦ beeps twice¦ and ends.'],
  ['decomposed letters', `${'Déjà vu: café'.normalize('NFD')}¦ beeps twice¦ and ends.`],
])('weighs the tokens of a phase in a text with %s', (_, marked) => {
  const experience = experienceOf(marked, null);
  expect(experience.placed).toBe(true);
  expect(evidence(experience)).toBe(' beeps twice');
});

it('keeps the ids that a text was sampled with where the text has their special tokens, or has them not', () => {
  const ids = Int32Array.from([...policy.tokenizer.encode('The<|endoftext|> red beeps twice.'), turnEnd]);
  const logProbs = new Float32Array(ids.length).fill(-1);
  for (const marked of ['The red¦ beeps¦ twice.', 'The<|endoftext|> red¦ beeps¦ twice.<|im_end|>']) {
    const experience = experienceOf(marked, { ids, logProbs });
    expect(experience.completionIds).toEqual(ids);
    expect(experience.behaviourLogProbs).toEqual(logProbs);
    expect(evidence(experience)).toBe(' beeps');
  }
  const other = experienceOf('The blue¦ beeps¦ twice.', { ids, logProbs });
  expect(other.behaviourLogProbs).toBeNull();
  expect(policy.tokenizer.decode(other.completionIds)).toBe('The blue beeps twice.');
});

it('ends a completion once', () => {
  const own = policy.tokenizer.encode('The red beeps.');
  const ended = Int32Array.from([...own, turnEnd]);
  const filled = Int32Array.from([...ended, textEnd, textEnd]);
  const logProbs = Float32Array.from(filled, (_, i) => -i);
  const experience = experienceOf('The¦ red¦ beeps.', { ids: filled, logProbs });
  expect(experience.completionIds).toEqual(ended);
  expect(experience.behaviourLogProbs).toEqual(logProbs.subarray(0, ended.length));
  expect(policy.completionIds('The red beeps.')).toEqual(ended);
  expect(policy.completionIds('The red beeps.<|endoftext|>')).toEqual(Int32Array.from([...own, textEnd]));
  expect(policy.completionIds('The red beeps.<|im_end|><|endoftext|>')).toEqual(ended);
});

it('ends no completion that was cut off', () => {
  const own = policy.tokenizer.encode('The red beeps.');
  const rollout = { id: 'r', promptId: 'q', completion: 'The red beeps.', hinted: false, tokens: null, runId: null };
  const of = (finish: Rollout['finish']) =>
    new Experiences(policy, [prompt], new Map(), preset, [], new Map(), 'this').of({ ...rollout, finish } as Rollout)!;
  expect(of('length').completionIds).toEqual(own);
  expect(of('stop').completionIds).toEqual(Int32Array.from([...own, turnEnd]));
  expect(of(null).completionIds).toEqual(Int32Array.from([...own, turnEnd]));
});

it('weighs tokens that do not spell their text by the fallback, and says so', () => {
  const bert = policyWith('bert');
  const known = experienceOf('The red square¦ beeps¦ twice.', null, bert);
  const unknown = experienceOf('The red square¦ quacks Zzz ЖЖЖ¦ twice.', null, bert);
  expect([known.placed, unknown.placed]).toEqual([true, false]);
  const { length } = unknown.completionIds;
  expect(unknown.weights).toEqual(Float32Array.from(tasWeights(length, { scheme: tas.fallback, lambda: tas.lambda })));
});

it('keeps what this run sampled, also ids that its tokenizer has no text for, and not another run’s', () => {
  const unused = 599;
  const ids = Int32Array.from([...policy.tokenizer.encode('The red beeps.'), unused, unused]);
  const logProbs = new Float32Array(ids.length).fill(-1);
  const completion = policy.tokenizer.decode(ids);
  const config = { ...preset, maxNewTokens: ids.length };
  const experiences = new Experiences(policy, [prompt], new Map(), config, [], new Map(), 'this');
  const of = (runId: string): Experience | null =>
    experiences.of({ id: 'r', promptId: 'q', completion, hinted: false, tokens: { ids, logProbs }, runId } as Rollout);
  expect(of('this')).toMatchObject({ completionIds: ids, behaviourLogProbs: logProbs, placed: false });
  expect(of('this')!.weights).toHaveLength(ids.length);
  expect(of('other')).toMatchObject({ behaviourLogProbs: null });

  // Cut off behind as many tokens as there may be, its text has one more with the end that it lacks.
  const short = new Experiences(policy, [prompt], new Map(), { ...preset, maxNewTokens: 1 }, [], new Map(), 'this');
  const cut = { ids: Int32Array.of(unused), logProbs: Float32Array.of(-1) };
  const rollout = {
    id: 'r',
    promptId: 'q',
    completion: 'The red',
    hinted: false,
    tokens: cut,
    runId: 'this',
  } as Rollout;
  expect(short.of(rollout)).toMatchObject({ completionIds: cut.ids });
  expect(short.of({ ...rollout, runId: 'other' })).toBeNull();
});
