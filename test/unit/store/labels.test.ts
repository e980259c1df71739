import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { ungrounded, type Label, type MediaSpan } from '../../../src/domain/phase.ts';
import { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from './fixture.ts';

const completion = 'Plan 🎬 first. Then look. So it is B.';

function storeWithRollout(): { file: string; rolloutId: string } {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = Store.open(file);
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1], { completion });
  store.addRollouts([prompt], rollouts);
  store.close();
  return { file, rolloutId: rollouts[0].id };
}

const annotators = ['ann', 'bo'] as const;
const span: MediaSpan = { start: 1.2, end: 3 };
const action = fc.record({
  annotator: fc.constantFrom(...annotators),
  do: fc.oneof(
    fc.constantFrom('undo' as const, 'redo' as const, 'reopen' as const),
    fc.record({
      boundaries: fc.constantFrom<number[]>([0, 0], [5, 14], [14, 26], [7, 36]),
      grounding: fc.constantFrom<(MediaSpan | null)[] | undefined>(
        undefined,
        ungrounded(3),
        [null, span, null],
        [span, null, span],
      ),
    }),
  ),
});

describe('labels', () => {
  it('after any edits, undos, redos and restarts are what a list of states would be', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const { file, rolloutId } = storeWithRollout();
        let store = Store.open(file);
        const model = new Map(annotators.map((name) => [name, { states: [null] as (Label | null)[], at: 0 }]));
        for (const { annotator, do: what } of actions) {
          const one = model.get(annotator)!;
          if (what === 'reopen') {
            store.close();
            store = Store.open(file);
          } else if (what === 'undo') {
            one.at = Math.max(0, one.at - 1);
            store.labels.undo(rolloutId, annotator);
          } else if (what === 'redo') {
            one.at = Math.min(one.states.length - 1, one.at + 1);
            store.labels.redo(rolloutId, annotator);
          } else {
            const stands = one.states[one.at];
            const value = { ...what, grounding: what.grounding ?? stands?.grounding ?? ungrounded(3) };
            // The same label again is no edit.
            if (!isDeepStrictEqual(value, stands)) {
              one.states = [...one.states.slice(0, one.at + 1), value];
              one.at += 1;
            }
            store.labels.set({ rolloutId, annotator, ...what });
          }
          for (const name of annotators) {
            const { states, at } = model.get(name)!;
            expect(store.labels.get(rolloutId, name)).toMatchObject({
              ...(states[at] ?? { boundaries: null, grounding: ungrounded(3) }),
              canUndo: at > 0,
              canRedo: at < states.length - 1,
            });
          }
        }
        const history = store.labels.history(rolloutId);
        for (const name of annotators) {
          const own = history.filter((revision) => revision.annotator === name);
          own.forEach((revision, i) => expect(revision.before).toEqual(own[i - 1]?.after ?? null));
          const { boundaries, grounding } = store.labels.get(rolloutId, name);
          expect(own.at(-1)?.after ?? null).toEqual(boundaries && { boundaries, grounding });
        }
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  it('are taken only when they cut the text into three parts of whole code points', () => {
    const character = fc.constantFrom('a', ' ', 'é', '🎬', '漢');
    const store = openStore();
    const prompt = makePrompt();
    let made = 0;
    fc.assert(
      fc.property(
        fc.string({ unit: character, maxLength: 12 }),
        fc.array(fc.integer({ min: -1, max: 26 }), { minLength: 1, maxLength: 3 }),
        (text, boundaries) => {
          const [rollout] = makeGroup(prompt, [1], { completion: text, name: `${(made += 1)}` });
          store.addRollouts([prompt], [rollout]);
          const rolloutId = rollout.id;
          const parts = [0, ...boundaries].map((start, i) => text.slice(start, boundaries[i] ?? text.length));
          const cuts =
            boundaries.length === 2 &&
            boundaries.every((one) => one >= 0) &&
            parts.join('') === text &&
            boundaries.every((one) => one <= text.length) &&
            parts.every((part) => Buffer.from(part).toString() === part);
          const set = () => store.labels.set({ rolloutId, annotator: 'ann', boundaries });
          if (cuts) expect(set().boundaries).toEqual(boundaries);
          else {
            expect(set).toThrow(RangeError);
            expect(store.labels.history(rolloutId)).toEqual([]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of a rollout that is not there, or by nobody, are refused', () => {
    const { file, rolloutId } = storeWithRollout();
    const store = openStore(file);
    expect(() => store.labels.set({ rolloutId: 'r-none', annotator: 'ann', boundaries: [1, 2] })).toThrow(
      'there is no rollout r-none',
    );
    expect(() => store.labels.set({ rolloutId, annotator: ' ', boundaries: [1, 2] })).toThrow('needs a name');
  });

  it('ground a phase only in a span that ends after its start, one or none for each phase', () => {
    const { file, rolloutId } = storeWithRollout();
    const store = openStore(file);
    const set = (...grounding: (MediaSpan | null)[]) =>
      store.labels.set({ rolloutId, annotator: 'ann', boundaries: [1, 2], grounding });
    expect(() => set(null, { start: 3, end: 3 }, null)).toThrow('cannot talk about 3 s to 3 s');
    expect(() => set({ start: -1, end: 3 }, null, null)).toThrow(RangeError);
    expect(() => set(null, null)).toThrow('3 phases need 3 spans');
    expect(store.labels.history(rolloutId)).toEqual([]);
  });

  it('are not taken back before they were seen', async () => {
    const { file, rolloutId } = storeWithRollout();
    const [here, there] = [openStore(file), openStore(file)];
    const label = { rolloutId, annotator: 'ann' };
    const first = here.labels.set({ ...label, boundaries: [5, 14] });
    // Saved at another moment.
    await setTimeout(2);
    const second = there.labels.set({ ...label, boundaries: [5, 20] });
    expect(here.labels.undo(rolloutId, 'ann', first.savedAt)).toEqual(second);
    await setTimeout(2);
    const undone = here.labels.undo(rolloutId, 'ann', second.savedAt);
    expect(undone.boundaries).toEqual([5, 14]);
    expect(there.labels.redo(rolloutId, 'ann', second.savedAt).boundaries).toEqual([5, 14]);
    expect(there.labels.redo(rolloutId, 'ann', undone.savedAt).boundaries).toEqual([5, 20]);
    expect(here.labels.undo(rolloutId, 'ann', null).boundaries).toEqual([5, 20]);
  });

  it('keep which suggestion they were taken from through later edits, undo and redo', () => {
    const { file, rolloutId } = storeWithRollout();
    const store = openStore(file);
    const label = { rolloutId, annotator: 'ann' };
    const origin = { source: 'tagger', scores: [0.9, null] } as const;
    store.labels.set({ ...label, boundaries: [5, 14], origin: { ...origin, scores: [...origin.scores] } });
    expect(store.labels.set({ ...label, boundaries: [5, 20] }).origin).toEqual(origin);
    expect(store.labels.undo(rolloutId, 'ann')).toMatchObject({ boundaries: [5, 14], origin });
    expect(store.labels.undo(rolloutId, 'ann').origin).toBeUndefined();
    expect(store.labels.redo(rolloutId, 'ann').origin).toEqual(origin);
    expect(store.labels.of(rolloutId)).toMatchObject([{ boundaries: [5, 14], origin }]);
    expect(store.labels.set({ ...label, annotator: 'bo', boundaries: [5, 14] }).origin).toBeUndefined();
  });

  it('that were acknowledged are there after the process was killed', async () => {
    const { file, rolloutId } = storeWithRollout();
    for (const annotator of ['one', 'two', 'three']) {
      const child = spawn(process.execPath, [
        join(import.meta.dirname, 'processes/label-forever.ts'),
        file,
        rolloutId,
        annotator,
      ]);
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.split('\n').length > 20) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const acknowledged = said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as number[]);
      const store = Store.open(file);
      const kept = store.labels.history(rolloutId).filter((revision) => revision.annotator === annotator);
      expect(kept.map(({ after }) => after?.boundaries).slice(0, acknowledged.length)).toEqual(acknowledged);
      expect(kept.length - acknowledged.length).toBeLessThanOrEqual(1);
      expect(store.labels.get(rolloutId, annotator).boundaries).toEqual(kept.at(-1)!.after!.boundaries);
      store.close();
    }
  });
});

describe('the next unlabelled rollout', () => {
  it('goes through the tree (dataset, prompt, group) once round, whatever came in when', () => {
    const store = openStore();
    const [later, first, second] = [
      makePrompt({ dataset: 'z', question: 'later' }),
      makePrompt({ dataset: 'a', question: 'first' }),
      makePrompt({ dataset: 'a', question: 'second' }),
    ];
    const late = makeGroup(later, [1]);
    const one = makeGroup(first, [1, 0], { name: '1' });
    const two = makeGroup(second, [1]);
    const oneMore = makeGroup(first, [1], { name: '2' });
    store.addRollouts([later, first, second], [...late, ...one, ...two, ...oneMore]);
    const order = [...one, ...oneMore, ...two, ...late].map(({ id }) => id);
    expect(store.labels.nextUnlabelled('ann', null)).toBe(order[0]);
    order.forEach((id, i) => expect(store.labels.nextUnlabelled('ann', id)).toBe(order[(i + 1) % order.length]));
    for (const rolloutId of [order[1], order[2]]) {
      store.labels.set({ rolloutId, annotator: 'ann', boundaries: [1, 2] });
    }
    expect(store.labels.nextUnlabelled('ann', order[0])).toBe(order[3]);
    expect(store.labels.nextUnlabelled('bo', order[0])).toBe(order[1]);
    for (const rolloutId of order) store.labels.set({ rolloutId, annotator: 'ann', boundaries: [1, 2] });
    expect(store.labels.nextUnlabelled('ann', order[0])).toBeNull();
  });
});
