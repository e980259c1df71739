import { expect, it } from 'vitest';
import type { Label, LabelState } from '../../../../src/domain/phase.ts';
import type { LabelKey } from '../../../../src/protocol/review.ts';
import { LabelSessions } from '../../../../webview/review/label/label-sessions.ts';

const value = (...boundaries: number[]): Label => ({ boundaries, grounding: [null, null] });
const labelled = (...boundaries: number[]): LabelState => ({
  ...value(...boundaries),
  ...{ canUndo: false, canRedo: false, savedAt: '2026-11-22T12:00:00Z' },
});
const key = (rolloutId: string, store = 'a.db', annotator = 'me'): LabelKey => ({ store, annotator, rolloutId });

/** Sessions on stores of which one is read at a time. */
function makeSessions() {
  const host = { now: 'a.db', saved: [] as (LabelKey & { boundaries: number[] })[] };
  const sessions = new LabelSessions(
    (of) => {
      const save = async ({ boundaries }: Label): Promise<LabelState> => {
        if (of.store !== host.now) throw new Error(`made in ${of.store}`);
        host.saved.push({ ...of, boundaries });
        return labelled(...boundaries);
      };
      return { save, undo: () => Promise.reject(new Error('locked')), redo: () => Promise.reject(new Error('locked')) };
    },
    () => {},
  );
  return { host, sessions, settled: (of: LabelKey) => sessions.of(of)!.settled() };
}

it('takes places in a text that an import changed meanwhile for those of another label', async () => {
  const { host, sessions, settled } = makeSessions();
  const [before, after] = ['one', 'other'].map((of) => ({ ...key('r'), of }));
  sessions.show(before, labelled(1, 2), value(9, 9));
  host.now = 'b.db';
  sessions.of(before)!.edit({ boundaries: [3, 4] });
  await settled(before);
  sessions.show(after, labelled(5, 6), value(9, 9));
  sessions.forget(after);
  expect(sessions.of(after)!.boundaries).toEqual([5, 6]);
  expect(sessions.unsaved).toEqual([{ ...before, value: value(3, 4) }]);
  expect(sessions.failedBeside(after)).toMatchObject([{ count: 1 }]);
});

it('saves an edit to the store it was made in, and to no other', async () => {
  const { host, sessions, settled } = makeSessions();
  sessions.show(key('r'), labelled(1, 2), value(9, 9));
  host.now = 'b.db';
  sessions.of(key('r'))!.edit({ boundaries: [3, 4] });
  await settled(key('r'));
  // The other store has the same rollout, with a label of its own.
  sessions.show(key('r', 'b.db'), labelled(5, 6), value(9, 9));
  sessions.forget(key('r', 'b.db'));
  expect(sessions.of(key('r', 'b.db'))!.boundaries).toEqual([5, 6]);
  expect(sessions.failedBeside(key('r', 'b.db'))).toEqual([{ store: 'a.db', error: 'made in a.db', count: 1 }]);
  sessions.retry();
  await settled(key('r'));
  expect(host.saved).toEqual([]);
  host.now = 'a.db';
  sessions.retry();
  await settled(key('r'));
  expect(host.saved).toEqual([{ ...key('r'), boundaries: [3, 4] }]);
  expect(sessions.unsaved).toEqual([]);
});

it('saves an edit as whose it is, whoever annotates by then', async () => {
  const { host, sessions, settled } = makeSessions();
  host.now = 'nowhere';
  sessions.show(key('r'), labelled(1, 2), value(9, 9));
  sessions.of(key('r'))!.edit({ boundaries: [3, 4] });
  await settled(key('r'));
  sessions.show(key('r', 'a.db', 'ben'), labelled(7, 8), value(9, 9));
  expect(sessions.of(key('r', 'a.db', 'ben'))!.boundaries).toEqual([7, 8]);
  host.now = 'a.db';
  sessions.retry();
  await settled(key('r'));
  expect(host.saved).toEqual([{ ...key('r'), boundaries: [3, 4] }]);
});

it('tries what an earlier page could not save, shown or not, and offers it until it is saved or given up', async () => {
  const { host, sessions, settled } = makeSessions();
  host.now = 'nowhere';
  const edits = [
    { ...key('r'), value: value(1, 1) },
    { ...key('s'), value: value(2, 2) },
  ];
  sessions.restore(edits);
  sessions.show(key('r'), labelled(5, 6), value(9, 9));
  await Promise.all([settled(key('r')), settled(key('s'))]);
  expect(sessions.unsaved).toEqual(edits);
  expect(sessions.of(key('r'))).toMatchObject({ boundaries: [1, 1], error: 'made in a.db' });
  const [failed] = sessions.failedBeside(key('r'));
  expect(failed).toMatchObject({ count: 1 });
  sessions.drop(key('r'), failed);
  expect(sessions.unsaved).toEqual(edits.slice(0, 1));
  // The label that the store told meanwhile is there again.
  sessions.of(key('r'))!.drop();
  expect(sessions.of(key('r'))!.boundaries).toEqual([5, 6]);
  expect(sessions.failedBeside(null)).toEqual([]);
});
