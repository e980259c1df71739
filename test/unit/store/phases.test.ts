import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultPhases, type Phase } from '../../../src/domain/phase.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from './fixture.ts';

const completion = 'Plan first. Then look. So it is B.';
const reflection: Phase = { name: 'reflection', key: '4', colour: 'red', weight: 0.5 };
const [planning, evidence, synthesis] = defaultPhases;

function labelled() {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = openStore(file);
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0], { completion });
  store.addRollouts([prompt], rollouts);
  const [{ id: rolloutId }] = rollouts;
  store.labels.set({ rolloutId, annotator: 'ann', boundaries: [5, 11] });
  store.labels.set({
    rolloutId,
    annotator: 'ann',
    boundaries: [11, 22],
    grounding: [null, { start: 1, end: 2 }, null],
  });
  store.labels.set({ rolloutId, annotator: 'bo', boundaries: [11, 22] });
  store.labels.undo(rolloutId, 'bo');
  return { file, store, rolloutId };
}

describe('the phases of a store', () => {
  it('are planning, evidence and synthesis until the project defines others, for every connection', () => {
    const { file, store } = labelled();
    expect(store.phases.get()).toEqual(defaultPhases);
    const renamed = [planning, { ...evidence, name: 'looking', colour: 'purple' as const }, synthesis];
    expect(store.setPhases(renamed)).toBe(0);
    expect(openStore(file).phases.get()).toEqual(renamed);
  });

  it('gain one that begins empty in every label; undo does not go behind it', () => {
    const { store, rolloutId } = labelled();
    expect(store.setPhases([planning, evidence, reflection, synthesis])).toBe(1);
    expect(store.labels.get(rolloutId, 'ann')).toMatchObject({
      boundaries: [11, 22, 22],
      grounding: [null, { start: 1, end: 2 }, null, null],
      canUndo: false,
    });
    expect(store.labels.get(rolloutId, 'bo')).toMatchObject({ boundaries: null, canRedo: false });
    const moved = store.labels.history(rolloutId).filter(({ action }) => action === 'move');
    expect(moved.map(({ annotator, before, after }) => [annotator, before?.boundaries, after?.boundaries])).toEqual([
      ['ann', [11, 22], [11, 22, 22]],
      ['bo', undefined, undefined],
    ]);
    expect(() => store.labels.set({ rolloutId, annotator: 'ann', boundaries: [1, 2] })).toThrow('4 phases need 3');
    store.labels.set({ rolloutId, annotator: 'ann', boundaries: [11, 15, 22] });
    expect(store.labels.undo(rolloutId, 'ann')).toMatchObject({
      boundaries: [11, 22, 22],
      canUndo: false,
      canRedo: true,
    });
  });

  it('lose none that a label uses, nor change places, and then nothing changes', () => {
    const { store, rolloutId } = labelled();
    const before = store.labels.history(rolloutId);
    expect(() => store.setPhases([planning, synthesis])).toThrow(
      `1 label has something in evidence: ann’s of rollout ${rolloutId}. Keep the phase, or empty it`,
    );
    expect(() => store.setPhases([evidence, planning, synthesis])).toThrow('cannot change places');
    expect([store.phases.get(), store.labels.history(rolloutId)]).toEqual([defaultPhases, before]);
  });
});
