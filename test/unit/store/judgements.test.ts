import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { defaultErrorTypes, withStep, type StepJudgement } from '../../../src/domain/judgement.ts';
import { journalOf, readJournal } from '../../../src/store/journal.ts';
import type { Store } from '../../../src/store/store.ts';
import fc from '../fc.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

const completion = 'Plan first. Then look. So it is B.';
const phases = [
  [0, 11],
  [11, 22],
  [22, 34],
] as const;

function storeWithRollouts(): { store: Store; id: string; other: string } {
  const store = openStore();
  const prompt = makePrompt();
  const [rollout, other] = makeGroup(prompt, [1, 1], { completion });
  store.addRollouts([prompt], [rollout, other]);
  return { store, id: rollout.id, other: other.id };
}

const time = expect.any(String) as string;
const step = (phase: number, verdict: StepJudgement['verdict'], error: string | null = null): StepJudgement => ({
  ...{ start: phases[phase][0], end: phases[phase][1] },
  ...{ verdict, error },
});

describe('judgements of steps', () => {
  it('are kept for each annotator, and are in the journal before they are acknowledged', () => {
    const { store, id, other } = storeWithRollouts();
    expect(store.judgements.get(id, 'ana')).toEqual({ steps: [], canUndo: false, canRedo: false, savedAt: null });
    store.judgements.set(id, 'ana', step(1, 'wrong', 'visual perception'));
    expect(store.judgements.set(id, 'ana', step(0, 'correct'))).toEqual({
      ...{ steps: [step(0, 'correct'), step(1, 'wrong', 'visual perception')] },
      ...{ canUndo: true, canRedo: false, savedAt: time },
    });
    store.judgements.set(id, 'ben', step(1, 'unsupported'));
    expect(store.judgements.of(id)).toEqual([
      {
        rolloutId: id,
        annotator: 'ana',
        steps: [step(0, 'correct'), step(1, 'wrong', 'visual perception')],
        savedAt: time,
      },
      { rolloutId: id, annotator: 'ben', steps: [step(1, 'unsupported')], savedAt: time },
    ]);
    expect(store.judgements.of(other)).toEqual([]);
    const journal = [...readJournal(journalOf(store.file))].map((line) => 'edit' in line && line.edit);
    expect(journal).toEqual(
      [
        ['ana', [step(1, 'wrong', 'visual perception')]],
        ['ana', [step(0, 'correct'), step(1, 'wrong', 'visual perception')]],
        ['ben', [step(1, 'unsupported')]],
      ].map(([annotator, steps]) => ({
        ...{ kind: 'judgement', rollout: id, text: time, at: time, action: 'set' },
        ...{ annotator, steps },
      })),
    );
  });

  it('are undone and redone as they were made, by each annotator their own', () => {
    const verdict = fc.constantFrom('correct' as const, 'wrong' as const, null);
    const edit = fc.record({ phase: fc.nat(2), verdict });
    const action = fc.record({
      annotator: fc.constantFrom('ana', 'ben'),
      what: fc.oneof(edit, fc.constantFrom('undo' as const, 'redo' as const)),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 14 }), (actions) => {
        const { store, id } = storeWithRollouts();
        const model = new Map(['ana', 'ben'].map((name) => [name, { at: 0, states: [[] as StepJudgement[]] }]));
        for (const { annotator, what } of actions) {
          const one = model.get(annotator)!;
          if (what === 'undo') {
            one.at = Math.max(0, one.at - 1);
            store.judgements.undo(id, annotator);
          } else if (what === 'redo') {
            one.at = Math.min(one.states.length - 1, one.at + 1);
            store.judgements.redo(id, annotator);
          } else {
            const given = { ...step(what.phase, 'wrong'), verdict: what.verdict };
            const steps = withStep(one.states[one.at], given);
            // The same again is no change.
            if (!isDeepStrictEqual(steps, one.states[one.at])) {
              one.states = [...one.states.slice(0, one.at + 1), steps];
              one.at += 1;
            }
            store.judgements.set(id, annotator, given);
          }
          for (const [name, { at, states }] of model)
            expect(store.judgements.get(id, name)).toMatchObject({
              ...{ steps: states[at], canUndo: at > 0, canRedo: at < states.length - 1 },
            });
        }
        store.close();
      }),
      { numRuns: 25 },
    );
  });

  it('are compared between annotators, by what stands now', () => {
    const { store, id, other } = storeWithRollouts();
    expect(store.agreement.judgements()).toMatchObject({ pairs: [], people: { rollouts: 0 } });
    for (const annotator of ['ana', 'ben']) {
      store.judgements.set(id, annotator, step(0, 'correct'));
      store.judgements.set(id, annotator, step(1, 'wrong'));
    }
    store.judgements.set(id, 'ben', step(1, 'unsupported'));
    store.judgements.undo(id, 'ben');
    store.judgements.set(other, 'ana', step(0, 'correct'));
    const { pairs } = store.agreement.judgements();
    expect(pairs).toMatchObject([{ a: 'ana', b: 'ben', rollouts: 1, figures: { kappa: { value: 1 } } }]);
  });

  it('are not undone by a window that has not seen the last one', () => {
    const { store, id } = storeWithRollouts();
    const seen = store.judgements.set(id, 'ana', step(0, 'correct')).savedAt;
    const now = store.judgements.set(id, 'ana', step(1, 'correct')).savedAt;
    expect(store.judgements.undo(id, 'ana', seen).steps).toHaveLength(2);
    expect(store.judgements.undo(id, 'ana', now).steps).toEqual([step(0, 'correct')]);
  });

  it('that no completion can have, or with an error that the project has not, are refused and change nothing', () => {
    const { store, id } = storeWithRollouts();
    expect(() => store.judgements.set(id, 'ana', { ...step(0, 'wrong'), end: 99 })).toThrow(
      'is outside the completion',
    );
    expect(() => store.judgements.set(id, 'ana', step(0, 'wrong', 'taste'))).toThrow(
      'the project has no error type “taste”: it has visual perception, ',
    );
    expect(() => store.judgements.set(id, ' ', step(0, 'wrong'))).toThrow('an annotator needs a name');
    expect(() => store.judgements.set('x', 'ana', step(0, 'wrong'))).toThrow('there is no rollout x in this store');
    expect(store.judgements.latest()).toBe(0);
  });

  it('take turns with labels: what was done last is undone first', () => {
    const { store, id } = storeWithRollouts();
    expect(store.lastStep(id, 'ana', 'undo')).toBeNull();
    const done = { label: 0, judgement: 0 };
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    onTestFinished(() => void vi.useRealTimers());
    const later = (): void => void vi.setSystemTime(Date.now() + 5);
    for (const what of ['label', 'judgement', 'label'] as const) {
      later();
      done[what] += 1;
      if (what === 'label') store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [done.label, 22] });
      else store.judgements.set(id, 'ana', step(0, 'correct'));
    }
    const undone: (string | null)[] = [];
    for (let what = store.lastStep(id, 'ana', 'undo'); what !== null; what = store.lastStep(id, 'ana', 'undo')) {
      later();
      undone.push(what);
      store[`${what}s`].undo(id, 'ana');
    }
    expect(undone).toEqual(['label', 'judgement', 'label']);
    expect(store.lastStep(id, 'ana', 'redo')).toBe('label');
    store.labels.redo(id, 'ana');
    expect(store.lastStep(id, 'ana', 'redo')).toBe('judgement');
  });

  it('take turns in the order in which they were done, wherever the clock was set meanwhile', () => {
    const { store, id, other } = storeWithRollouts();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T12:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const back = (): void => void vi.setSystemTime(Date.now() - 3_600_000);
    store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [11, 22] });
    back();
    store.judgements.set(id, 'ana', step(0, 'correct'));
    back();
    store.preferences.set(id, 'ana', { other, verdict: 'better' });
    back();
    store.corrections.set(id, 'ana', 'Better.');
    const undone: (string | null)[] = [];
    for (let what = store.lastStep(id, 'ana', 'undo'); what !== null; what = store.lastStep(id, 'ana', 'undo')) {
      undone.push(what);
      store[`${what}s`].undo(id, 'ana');
    }
    expect(undone).toEqual(['correction', 'preference', 'judgement', 'label']);
    expect(store.activities.of(id, 4).map(({ kind }) => kind)).toEqual([
      ...['label', 'judgement', 'preference', 'correction'],
    ]);
  });

  it('go with a text that changes elsewhere, and hold one that changes under them', () => {
    const { store, id } = storeWithRollouts();
    store.judgements.set(id, 'ana', step(1, 'wrong'));
    const stored = store.rollouts.get(id)!;
    const changed = { ...stored, completion: `Hm. ${completion}` };
    const prompt = store.prompts.get(stored.promptId)!;
    expect(store.updateRollouts([prompt], [{ id, rollout: changed }]).kept).toEqual([]);
    expect(store.judgements.get(id, 'ana')).toMatchObject({
      ...{ steps: [{ start: 15, end: 26, verdict: 'wrong' }], canUndo: false },
    });
    const gone = { ...changed, completion: 'Hm. Plan first.' };
    expect(store.updateRollouts([prompt], [{ id, rollout: gone }]).kept).toEqual([
      { id, reason: 'a step that ana judged has no place in the text as it is read now' },
    ]);
  });
});

describe('error types', () => {
  it('are ready until the project has its own, and what was said with others stays', () => {
    const { store, id } = storeWithRollouts();
    expect(store.errorTypes.get()).toEqual(defaultErrorTypes);
    store.judgements.set(id, 'ana', step(0, 'wrong', 'reasoning'));
    const own = [{ name: 'colour', about: 'It names the wrong colour.' }];
    store.errorTypes.set(own);
    store.errorTypes.set(own);
    expect(openStore(store.file).errorTypes.get()).toEqual(own);
    store.judgements.set(id, 'ana', step(1, 'wrong', 'colour'));
    expect(store.judgements.get(id, 'ana').steps.map(({ error }) => error)).toEqual(['reasoning', 'colour']);
    expect([...readJournal(journalOf(store.file))].map((line) => 'edit' in line && line.edit.kind)).toEqual([
      'judgement',
      'errorTypes',
      'judgement',
    ]);
  });
});
