import { describe, expect, it } from 'vitest';
import {
  excerpt,
  folderDescription,
  groupDescription,
  labelIcon,
  labelText,
  markHits,
  promptDescription,
  promptTitle,
  rolloutDescription,
  rolloutSaid,
  rolloutTitle,
  rolloutTooltip,
} from '../../../src/editor/rollout-label.ts';
import type { GroupSummary, PromptSummary } from '../../../src/store/store.ts';
import { makeGroup, makePrompt } from '../store/fixture.ts';

const prompt = (change: Partial<PromptSummary>): PromptSummary => ({
  ...makePrompt(),
  rollouts: 8,
  groups: 1,
  labelled: 0,
  vanishingGroups: 0,
  passRate: 0.625,
  bestReward: 1,
  meanReward: 0.4567,
  ...change,
});
const group = (change: Partial<GroupSummary>): GroupSummary => ({
  id: 'g',
  promptId: 'p',
  policy: 'tiny',
  policyVersion: 0,
  runId: null,
  evaluationId: null,
  rollouts: 8,
  labelled: 0,
  meanReward: 0.5,
  rewardStd: 0.5345,
  ...change,
});

describe('a prompt in the tree', () => {
  it('tells its best and mean reward', () => {
    expect(promptDescription(prompt({}))).toBe('best 1.00 · mean 0.46');
  });
  it('begins with what of it is right, where something says that', () => {
    expect(promptTitle({ passRate: 0.625, question: 'What blinks?' })).toBe('63 % · What blinks?');
    expect(promptTitle({ passRate: null, question: 'What blinks?' })).toBe('What blinks?');
  });
  it('warns when it vanishes, and of how many groups when only some do', () => {
    expect(promptDescription(prompt({ vanishingGroups: 1 }))).toBe('best 1.00 · mean 0.46 ⚠ vanishing');
    expect(promptDescription(prompt({ groups: 3, vanishingGroups: 2 }))).toBe('best 1.00 · mean 0.46 ⚠ vanishing 2/3');
  });
  it('is silent about rewards it does not have', () => {
    expect(promptDescription(prompt({ bestReward: null, meanReward: null }))).toBe('');
  });
});

describe('a group in the tree', () => {
  it('tells how its rewards spread, or what all of them earned', () => {
    expect(groupDescription(group({}))).toBe('8 rollouts · mean 0.50 · std 0.53');
    expect(groupDescription(group({ rewardStd: 0 }))).toBe('8 rollouts ⚠ vanishing: all earned 0.50');
    const evaluated = group({ rewardStd: 0, evaluationId: 'e' });
    expect(groupDescription(evaluated)).toBe('evaluation · 8 rollouts · mean 0.50 · std 0.00');
  });
  it('of one rollout does not vanish: it has no spread to speak of', () => {
    expect(groupDescription(group({ rollouts: 1, rewardStd: null }))).toBe('1 rollout · mean 0.50');
  });
});

it('the label state has an icon and words for none, some and all', () => {
  expect([0, 3, 8].map((labelled) => labelIcon(labelled, 8))).toEqual(['circle-outline', 'color-mode', 'pass-filled']);
  expect([0, 3, 8].map((labelled) => labelText(labelled, 8))).toEqual([
    'not labelled',
    '3 of 8 rollouts labelled',
    'labelled',
  ]);
});

describe('a completion in the tree', () => {
  const completion =
    '<think>Let me look. At 0:01 red, 2.5 s long. So blue\n first enters at 0:01.</think>\n<answer>1</answer>';

  it('tells its answer, whether it is right, what it earned and what it concludes', () => {
    const rollout = {
      completion,
      correct: { right: true, by: 'accuracy' },
      reward: 0.75,
      hinted: false,
      flaggedBy: [],
      openComments: 0,
    };
    expect(rolloutTitle(rollout, 3)).toBe('3 ✓ 1');
    expect(rolloutDescription(rollout)).toBe('0.75 · So blue first enters at 0:01.');
  });
  it('tells which reward says that it is right, on hover and to a screen reader', () => {
    const [rollout] = makeGroup(makePrompt(), [1]);
    const seen = { ...rollout, correct: { right: false, by: 'accuracy_reward' }, tokenCount: null, openComments: 0 };
    const said = { ...seen, labelledBy: [], statuses: [], flaggedBy: [], tags: [] };
    expect(rolloutTooltip(said).split('\n')[1]).toBe('Wrong by accuracy_reward');
    expect(rolloutSaid(said, 2)).toMatch(/^completion 2, wrong by accuracy_reward, answer /u);
  });
  it('says when there is no answer, and marks nothing that was not scored', () => {
    const rollout = {
      completion: 'It lasts 2.5 s',
      correct: null,
      reward: null,
      hinted: true,
      flaggedBy: ['ana'],
      openComments: 2,
    };
    expect(rolloutTitle(rollout, 1)).toBe('1 no answer');
    expect(rolloutTitle({ ...rollout, correct: { right: false, by: 'accuracy' } }, 1)).toBe('1 ✗ no answer');
    expect(rolloutDescription(rollout)).toBe('no reward · ⚑ · 2 comments · hinted · It lasts 2.5 s');
  });
});

it('an excerpt is one line without tags, cut with an ellipsis', () => {
  expect(excerpt('<think>First\n  look.</think>\n<answer>B</answer>')).toBe('First look. B');
  expect(excerpt('word '.repeat(100), 10)).toBe('word word …');
});

it('hits of a search are marked', () => {
  expect(markHits('the \uE000low\uE001\ntone')).toBe('the «low» tone');
});

it('a folder says what is known of its store', () => {
  const holds = { prompts: 1, rollouts: 2, kept: null };
  const states = [holds, { ...holds, kept: 0 }, 'none', 'failed', 'unread'] as const;
  expect(states.map(folderDescription)).toEqual([
    '1 prompt · 2 rollouts',
    '0 of 1 prompt',
    'no store yet',
    'cannot be opened',
    '',
  ]);
});
