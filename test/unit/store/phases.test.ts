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
  store.setSegmentation({ rolloutId, annotator: 'ann', boundaries: [5, 11] });
  store.setSegmentation({
    rolloutId,
    annotator: 'ann',
    boundaries: [11, 22],
    grounding: [null, { start: 1, end: 2 }, null],
  });
  store.setSegmentation({ rolloutId, annotator: 'bo', boundaries: [11, 22] });
  store.undo(rolloutId, 'bo');
  return { file, store, rolloutId };
}

describe('the phases of a store', () => {
  it('are planning, evidence and synthesis until the project defines others, for every connection', () => {
    const { file, store } = labelled();
    expect(store.phases()).toEqual(defaultPhases);
    const renamed = [planning, { ...evidence, name: 'looking', colour: 'purple' as const }, synthesis];
    expect(store.setPhases(renamed)).toBe(0);
    expect(openStore(file).phases()).toEqual(renamed);
  });

  it('gain one that begins empty in every label; undo does not go behind it', () => {
    const { store, rolloutId } = labelled();
    expect(store.setPhases([planning, evidence, reflection, synthesis])).toBe(1);
    expect(store.segmentation(rolloutId, 'ann')).toMatchObject({
      boundaries: [11, 22, 22],
      grounding: [null, { start: 1, end: 2 }, null, null],
      canUndo: false,
    });
    expect(store.segmentation(rolloutId, 'bo')).toMatchObject({ boundaries: null, canRedo: false });
    const moved = store.history(rolloutId).filter(({ action }) => action === 'move');
    expect(moved.map(({ annotator, before, after }) => [annotator, before?.boundaries, after?.boundaries])).toEqual([
      ['ann', [11, 22], [11, 22, 22]],
      ['bo', undefined, undefined],
    ]);
    expect(() => store.setSegmentation({ rolloutId, annotator: 'ann', boundaries: [1, 2] })).toThrow('4 phases need 3');
    store.setSegmentation({ rolloutId, annotator: 'ann', boundaries: [11, 15, 22] });
    expect(store.undo(rolloutId, 'ann')).toMatchObject({ boundaries: [11, 22, 22], canUndo: false, canRedo: true });
  });

  it('lose none that a label uses, nor change places, and then nothing changes', () => {
    const { store, rolloutId } = labelled();
    const before = store.history(rolloutId);
    expect(() => store.setPhases([planning, synthesis])).toThrow(
      `1 label has something in evidence: ann’s of rollout ${rolloutId}. Keep the phase, or empty it`,
    );
    expect(() => store.setPhases([evidence, planning, synthesis])).toThrow('cannot change places');
    expect([store.phases(), store.history(rolloutId)]).toEqual([defaultPhases, before]);
  });
});
