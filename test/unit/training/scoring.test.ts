import { describe, expect, it } from 'vitest';
import { stages } from '../../../src/domain/rollout.ts';
import { judgeOf } from '../../../src/domain/scene-judge.ts';
import { Scoring } from '../../../src/training/avatar/scoring.ts';
import { makePrompt } from '../store/rows.ts';

const events = [{ kind: 'tone', tone: 'low', start: 0, end: 4 }];
const prompt = makePrompt({ stage: 'localisation', problemType: 'numerical', options: [], answer: '2', events });
const completion = '<think>At 0:00 dark, low starts. At 0:01 red, low.</think><answer>3</answer>';
const scoring = new Scoring({ rewardRule: 'ours', rewardWeights: null }, judgeOf);

describe('a localisation prompt', () => {
  it('is rewarded for what its reasoning says rightly, where its events are known', async () => {
    const [{ parts, total }] = await scoring.group(prompt, [completion]);
    expect(parts).toEqual({ format: 1, accuracy: 0, judge: 0.75 });
    expect(total).toBeCloseTo(0.2 + 0.4 * 0.75);
    expect(scoring.lacksJudge(prompt)).toBe(false);
  });

  it('gives the judge’s share to the other parts where they are not', async () => {
    const unknown = { ...prompt, events: null };
    const [{ parts, total }] = await scoring.group(unknown, [completion]);
    expect(parts).toEqual({ format: 1, accuracy: 0 });
    expect(total).toBeCloseTo(1 / 3);
    expect(scoring.lacksJudge(unknown)).toBe(true);
    expect(scoring.lacksJudge({ ...unknown, stage: 'visual' })).toBe(false);
  });
});

describe('a run’s rule and weights', () => {
  const bare = makePrompt({ stage: 'audio-visual', problemType: 'numerical', options: [], answer: '2' });

  it('read and weigh the parts as AVATAR’s authors do', async () => {
    const theirs = new Scoring({ rewardRule: 'authors', rewardWeights: 'readme' }, judgeOf);
    const scores = await theirs.group(bare, ['2', '<think>So</think><answer>3</answer><|im_end|>', '2']);
    expect(scores).toEqual([
      { parts: { format: 0, accuracy: 1, self: 1 }, total: 1 },
      { parts: { format: 1, accuracy: 0, self: 0 }, total: 0.5 },
      { parts: { format: 0, accuracy: 1, self: 1 }, total: 1 },
    ]);
  });

  it('are those of the prompt’s stage', () => {
    const weights = { visual: { accuracy: 3 }, 'audio-visual': { self: 2 }, localisation: { judge: 1 } };
    const staged = new Scoring({ rewardRule: 'ours', rewardWeights: weights }, judgeOf);
    const own = [null, ...stages].map((stage) => staged.weights({ ...prompt, stage }));
    expect(own).toEqual([weights.visual, ...Object.values(weights)]);
  });

  it('pay for accuracy what a judge would have been paid, where only format is left', () => {
    const theirs = new Scoring({ rewardRule: 'authors', rewardWeights: 'readme' }, judgeOf);
    expect(theirs.weights({ ...prompt, events: null })).toEqual({ format: 0.5, accuracy: 1 });
    expect(theirs.weights(prompt)).toEqual({ format: 0.5, judge: 1 });
  });
});

describe('a prompt that opens the reasoning', () => {
  const asked = makePrompt({ stage: 'visual', answer: 'A' });
  const within = 'low\n</think>\n<answer>A</answer>';
  const format = async (one: Scoring, prompt = asked): Promise<number> =>
    (await one.group(prompt, [within]))[0].parts.format!;

  it('counts as the first tag of its completions, the policy’s template as well as a dump’s own prompt', async () => {
    expect(await format(scoring)).toBe(0);
    expect(await format(new Scoring({ rewardRule: 'ours', rewardWeights: null }, judgeOf, () => true))).toBe(1);
    const dumped = { ...asked, question: '<｜User｜>Which sound?<｜Assistant｜><think>' };
    expect(await format(scoring, dumped)).toBe(1);
  });
});
