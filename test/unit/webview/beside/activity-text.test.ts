import { describe, expect, it } from 'vitest';
import { defaultPhases, type Label } from '../../../../src/domain/phase.ts';
import type { ReviewActivity } from '../../../../src/protocol/review.ts';
import { activityText, agoText, movedText } from '../../../../webview/review/beside/activity-text.ts';

const done = { seq: 1, at: '2026-01-01T00:00:00Z', who: 'ana' };
const label = (boundaries: number[], more: Partial<Label> = {}): Label => ({
  boundaries,
  grounding: [null, null, null],
  ...more,
});
const text = (activity: object): string => activityText({ ...done, ...activity } as ReviewActivity, defaultPhases);
const edit = (action: string, before: Label | null, after: Label | null, outdated = false): string =>
  text({ kind: 'label', action, before, after, outdated });

it('says where boundaries are against others', () => {
  expect(movedText([5, 9], [6, 7], defaultPhases)).toBe('evidence 1 character later, synthesis 2 characters earlier');
  expect(movedText([5, 9], [5, 9], defaultPhases)).toBe('');
});

it('says what was said of a step, or that it was taken back', () => {
  const step = { start: 0, end: 9, verdict: 'wrong', error: 'reasoning' };
  const judged = (action: string, before: object[], after: object[]): string =>
    text({ kind: 'judgement', action, before, after });
  expect(judged('set', [], [step])).toBe('judged a step wrong: reasoning');
  expect(judged('set', [step], [{ ...step, verdict: 'correct', error: null }])).toBe('judged a step correct');
  expect(judged('set', [step], [])).toBe('took back what was said of a step');
  expect(judged('undo', [step], [])).toBe('undid a judgement');
  expect(judged('redo', [], [step])).toBe('redid a judgement');
  expect(judged('carry', [step], [step])).toBe('judgements carried over to a changed text');
});

describe('what was done to a label', () => {
  it('says what changed, of an edit as of what undid it', () => {
    expect(edit('set', null, label([5, 9]))).toBe('labelled');
    expect(edit('set', label([5, 9]), label([8, 9]))).toBe('edited: evidence 3 characters later');
    expect(edit('undo', label([8, 9]), label([5, 9]))).toBe('undid an edit: evidence 3 characters earlier');
    expect(edit('undo', label([5, 9]), null)).toBe('undid an edit: no label is left');
    expect(edit('redo', null, label([5, 9]))).toBe('redid an edit');
    const grounding = [null, { start: 1, end: 2 }, null];
    expect(edit('set', label([5, 9]), label([5, 9], { grounding }))).toBe('edited: what evidence talks about');
  });

  it('says when it was taken from a suggestion', () => {
    const origin = { source: 'rules' as const, scores: [0.8, 0.93] };
    expect(edit('set', null, label([5, 9], { origin }))).toBe('labelled from rules 0.80');
    expect(edit('set', label([5, 9], { origin }), label([6, 9], { origin }))).toBe(
      'edited: evidence 1 character later',
    );
  });

  it('measures nothing against phases of before', () => {
    expect(edit('set', label([5]), label([6]), true)).toBe('edited');
    expect(edit('move', label([5]), label([5, 5]))).toBe('brought to other phases');
  });
});

it('says what was said of a rollout or a label', () => {
  expect(text({ kind: 'status', change: 'skipped', reason: 'no sound' })).toBe('skipped: no sound');
  expect(text({ kind: 'status', change: 'open', reason: null })).toBe('reopened');
  expect(text({ kind: 'tag', change: 'untagged', tag: 'hack' })).toBe('took the tag off: hack');
  expect(text({ kind: 'status', change: 'unflagged', reason: null })).toBe('took the flag down');
  expect(text({ kind: 'review', whose: 'ben', verdict: 'accepted', after: null })).toBe('accepted the label of ben');
});

it('says what was said in a comment', () => {
  const comment = (change: string, whose = 'ana'): string => text({ kind: 'comment', change, whose, body: 'Why\nso?' });
  expect(comment('add')).toBe('commented: “Why so?”');
  expect(comment('edit')).toBe('edited a comment: “Why so?”');
  expect(comment('resolve', 'ben')).toBe('resolved the comment of ben: “Why so?”');
});

it('says how long ago', () => {
  const ago = (seconds: number): string => agoText(done.at, Date.parse(done.at) + seconds * 1000);
  expect([4, 190, 7300, 200_000].map(ago)).toEqual(['4 seconds ago', '3 minutes ago', '2 hours ago', '2 days ago']);
});
