import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function storeWithRollout(): { store: Store; id: string } {
  const store = openStore();
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1], { completion: 'I look. So it is C.' });
  store.addRollouts([prompt], [rollout]);
  return { store, id: rollout.id };
}

const time = expect.any(String) as string;

describe('corrections', () => {
  it('are one text of each annotator, undone and redone, and leave the completion as it is', () => {
    const { store, id } = storeWithRollout();
    const { corrections } = store;
    expect(corrections.get(id, 'ana')).toEqual({ text: null, canUndo: false, canRedo: false, savedAt: null });
    corrections.set(id, 'ana', 'I look. So it is B.');
    corrections.set(id, 'ana', 'I look twice. So it is B.');
    corrections.set(id, 'ben', 'So it is B.');
    expect(corrections.of(id)).toEqual([
      { rolloutId: id, annotator: 'ana', text: 'I look twice. So it is B.', savedAt: time },
      { rolloutId: id, annotator: 'ben', text: 'So it is B.', savedAt: time },
    ]);
    expect(store.rollouts.get(id)!.completion).toBe('I look. So it is C.');
    expect(corrections.undo(id, 'ana')).toMatchObject({ text: 'I look. So it is B.', canUndo: true, canRedo: true });
    expect(corrections.undo(id, 'ana')).toMatchObject({ text: null, canUndo: false });
    expect(corrections.redo(id, 'ana').text).toBe('I look. So it is B.');
    expect(corrections.set(id, 'ana', null)).toMatchObject({ text: null, canRedo: false });
    expect(corrections.of(id).map(({ annotator }) => annotator)).toEqual(['ben']);
    expect(corrections.undo(id, 'ana').text).toBe('I look. So it is B.');
  });

  it('are not undone by a window that has not seen the last one, and take turns with labels', () => {
    const { store, id } = storeWithRollout();
    const seen = store.corrections.set(id, 'ana', 'One.').savedAt;
    const now = store.corrections.set(id, 'ana', 'Two.').savedAt;
    expect(store.corrections.undo(id, 'ana', seen).text).toBe('Two.');
    expect(store.corrections.undo(id, 'ana', now).text).toBe('One.');
    expect(store.lastStep(id, 'ana', 'undo')).toBe('correction');
  });

  it('that say nothing, or what the completion says, are refused and change nothing', () => {
    const { store, id } = storeWithRollout();
    expect(() => store.corrections.set(id, 'ana', ' \n')).toThrow('a correction needs a text');
    expect(() => store.corrections.set(id, 'ana', 'I look. So it is C.')).toThrow(
      'a correction is another text than the completion',
    );
    expect(() => store.corrections.set('x', 'ana', 'B.')).toThrow('there is no rollout x in this store');
    expect(() => store.corrections.set(id, ' ', 'B.')).toThrow('an annotator needs a name');
    expect(store.corrections.corrected()).toEqual([]);
  });
});
