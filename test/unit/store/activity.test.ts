import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stepText } from '../../../src/domain/judgement.ts';
import { defaultPhases } from '../../../src/domain/phase.ts';
import type { Activity } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

const completion = 'Plan first. Then look. So it is B.';

/** "ben rejected ana" and the like, newest first. */
const told = (done: Activity[]): string[] =>
  done.map((one) => {
    if (one.kind === 'status') return `${one.who} ${one.change}${one.reason ? `: ${one.reason}` : ''}`;
    if (one.kind === 'tag') return `${one.who} ${one.change} ${one.tag}`;
    if (one.kind === 'comment') return `${one.who} ${one.change} of ${one.whose}: ${one.body}`;
    if (one.kind === 'judgement')
      return `${one.who} ${one.action}: ${one.before.length} → ${one.after.map(stepText).join()}`;
    if (one.kind === 'preference') return `${one.who} ${one.action}: ${one.verdict}`;
    if (one.kind === 'correction') return `${one.who} ${one.action}${one.gone ? ': gone' : ''}`;
    if (one.kind === 'review') return `${one.who} ${one.verdict} ${one.whose} ${one.after?.boundaries.join()}`;
    return `${one.who} ${one.action} ${one.before?.boundaries.join()} → ${one.after?.boundaries.join()}`;
  });

function makeStore() {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0], { completion });
  store.addRollouts([prompt], rollouts);
  return { store, rolloutId: rollouts[0].id, other: rollouts[1].id };
}

describe('what was done to a rollout', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') }));
  afterEach(() => void vi.useRealTimers());

  it('is told newest first, by whom and when, also of one moment', () => {
    const { store, rolloutId, other } = makeStore();
    const before = store.activities.latest();
    store.labels.set({ rolloutId, annotator: 'ana', boundaries: [11, 22] });
    vi.setSystemTime(Date.parse('2026-01-01T00:00:00.001Z'));
    store.labels.set({ rolloutId, annotator: 'ana', boundaries: [12, 22] });
    store.statuses.set(rolloutId, 'ana', 'submitted');
    vi.setSystemTime(Date.parse('2026-01-01T00:00:01Z'));
    store.reviews.add(rolloutId, 'ana', 'ben', 'rejected');
    store.statuses.flag(rolloutId, 'ben', true);
    vi.setSystemTime(Date.parse('2026-01-01T00:00:02Z'));
    store.labels.undo(rolloutId, 'ana');
    store.statuses.set(rolloutId, 'cy', 'skipped', 'too dark');
    store.labels.set({ rolloutId: other, annotator: 'ana', boundaries: [1, 2] });
    const done = store.activities.of(rolloutId, 100);
    expect(told(done)).toEqual([
      'cy skipped: too dark',
      'ana undo 12,22 → 11,22',
      'ben flagged',
      'ben rejected ana 12,22',
      'ana submitted',
      'ana set 11,22 → 12,22',
      'ana set undefined → 11,22',
    ]);
    expect(done[2].at).toBe('2026-01-01T00:00:01.000Z');
    store.comments.add(rolloutId, 'ben', { body: 'Why?', text: null, video: null });
    expect(store.activities.latest()).toBe(before + 9);
  });

  it('tells of judgements what was said before and after, of each annotator apart', () => {
    const { store, rolloutId } = makeStore();
    const before = store.activities.latest();
    store.judgements.set(rolloutId, 'ana', { start: 0, end: 11, verdict: 'correct', error: null });
    store.judgements.set(rolloutId, 'ben', { start: 0, end: 11, verdict: 'unsupported', error: null });
    store.judgements.set(rolloutId, 'ana', { start: 0, end: 11, verdict: 'wrong', error: 'reasoning' });
    store.judgements.undo(rolloutId, 'ana');
    expect(told(store.activities.of(rolloutId, 100))).toEqual([
      'ana undo: 1 → correct',
      'ana set: 1 → wrong: reasoning',
      'ben set: 0 → unsupported',
      'ana set: 0 → correct',
    ]);
    expect(store.activities.latest()).toBeGreaterThan(before);
  });

  it('tells of preferences what the rollout was then against the other', () => {
    const { store, rolloutId, other } = makeStore();
    const before = store.activities.latest();
    store.preferences.set(rolloutId, 'ana', { other, verdict: 'better' });
    store.preferences.set(other, 'ana', { other: rolloutId, verdict: 'tie' });
    store.preferences.undo(other, 'ana');
    expect(told(store.activities.of(rolloutId, 100))).toEqual(['ana undo: better', 'ana set: tie', 'ana set: better']);
    expect(told(store.activities.of(other, 100))).toEqual(['ana undo: worse', 'ana set: tie', 'ana set: worse']);
    expect(store.activities.latest()).toBeGreaterThan(before);
  });

  it('tells of corrections whether one is left', () => {
    const { store, rolloutId } = makeStore();
    const before = store.activities.latest();
    store.corrections.set(rolloutId, 'ana', 'Better.');
    store.corrections.undo(rolloutId, 'ana');
    expect(told(store.activities.of(rolloutId, 100))).toEqual(['ana undo: gone', 'ana set']);
    expect(store.activities.latest()).toBeGreaterThan(before);
  });

  it('tells of comments what they said then', () => {
    const { store, rolloutId } = makeStore();
    const place = { text: null, video: null };
    const id = store.comments.add(rolloutId, 'ana', { body: 'Why?', ...place });
    store.comments.edit(id, 'ana', { body: 'Why so?', ...place });
    store.comments.resolve(id, 'ben', true);
    expect(told(store.activities.of(rolloutId, 100))).toEqual([
      'ben resolve of ana: Why so?',
      'ana edit of ana: Why so?',
      'ana add of ana: Why?',
    ]);
  });

  it('can be cut short, and told of one person', () => {
    const { store, rolloutId } = makeStore();
    store.labels.set({ rolloutId, annotator: 'ana', boundaries: [11, 22] });
    store.labels.set({ rolloutId, annotator: 'ben', boundaries: [12, 22] });
    store.reviews.add(rolloutId, 'ana', 'ben', 'accepted');
    store.statuses.flag(rolloutId, 'ben', true);
    expect(told(store.activities.of(rolloutId, 1))).toEqual(['ben flagged']);
    expect(told(store.activities.of(rolloutId, 100, 'ben'))).toEqual(['ben flagged', 'ben set undefined → 12,22']);
    expect(store.activities.of(rolloutId, 100, 'me')).toEqual([]);
    expect(() => store.activities.of('r-none', 1)).toThrow('there is no rollout r-none');
  });

  it('says which labels are of phases that the project had before', () => {
    const { store, rolloutId } = makeStore();
    store.labels.set({ rolloutId, annotator: 'ana', boundaries: [11, 22] });
    store.reviews.add(rolloutId, 'ana', 'ben', 'accepted');
    vi.setSystemTime(Date.parse('2026-01-01T00:00:01Z'));
    const more = { name: 'check', key: '4', colour: 'red', weight: 0 } as const;
    store.setPhases([...defaultPhases, more]);
    vi.setSystemTime(Date.parse('2026-01-01T00:00:02Z'));
    store.labels.set({ rolloutId, annotator: 'ana', boundaries: [11, 22, 30] });
    const outdated = store.activities.of(rolloutId, 100).map((one) => 'outdated' in one && one.outdated);
    expect(outdated).toEqual([false, false, true, true]);
  });
});
