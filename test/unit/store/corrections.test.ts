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
    expect(corrections.get(id, 'ana')).toEqual({
      ...{ text: null, boundaries: null, draft: null, discarded: null },
      ...{ canUndo: false, canRedo: false, savedAt: null },
    });
    corrections.set(id, 'ana', 'I look. So it is B.');
    corrections.set(id, 'ana', 'I look twice. So it is B.');
    corrections.set(id, 'ben', 'So it is B.');
    expect(corrections.of(id)).toEqual([
      { rolloutId: id, annotator: 'ana', text: 'I look twice. So it is B.', boundaries: null, savedAt: time },
      { rolloutId: id, annotator: 'ben', text: 'So it is B.', boundaries: null, savedAt: time },
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

  it('have a draft of each annotator, which outlives the store’s closing, is given up and brought back, and ends with its saving', () => {
    const { store, id } = storeWithRollout();
    const { corrections } = store;
    corrections.draft(id, 'ana', 'I look tw');
    expect(corrections.draft(id, 'ana', 'I look twice.')).toMatchObject({ text: null, draft: 'I look twice.' });
    corrections.draft(id, 'ben', 'So');
    store.close();
    const again = openStore(store.file).corrections;
    expect(again.get(id, 'ana')).toMatchObject({ draft: 'I look twice.', discarded: null, canUndo: false });
    expect(again.discard(id, 'ana')).toMatchObject({ draft: null, discarded: 'I look twice.' });
    expect(again.discard(id, 'ana').discarded).toBe('I look twice.');
    expect(again.draft(id, 'ana', 'I look twice.')).toMatchObject({ draft: 'I look twice.', discarded: null });
    expect(again.set(id, 'ana', 'I look twice.')).toMatchObject({ text: 'I look twice.', draft: null });
    expect(again.get(id, 'ben').draft).toBe('So');
    expect(again.corrected()).toEqual([id]);
  });

  it('have no draft that says just what is saved, or what the completion does; another stays when one is saved', () => {
    const { store, id } = storeWithRollout();
    const { corrections } = store;
    corrections.draft(id, 'ana', 'I look. So');
    expect(corrections.draft(id, 'ana', 'I look. So it is C.').draft).toBeNull();
    corrections.draft(id, 'ana', 'Two');
    expect(corrections.set(id, 'ana', 'One.')).toMatchObject({ text: 'One.', draft: 'Two' });
    expect(corrections.draft(id, 'ana', 'One.').draft).toBeNull();
  });

  it('have phases of their own, which go with the text, are undone, and given up for the label’s', () => {
    const { store, id } = storeWithRollout();
    const { corrections } = store;
    corrections.set(id, 'ana', 'I look. So it is B.');
    expect(corrections.set(id, 'ana', 'I look. So it is B.', [7, 7]).boundaries).toEqual([7, 7]);
    expect(corrections.set(id, 'ana', 'I look twice. So it is B.')).toMatchObject({ boundaries: [13, 13] });
    expect(corrections.of(id)[0].boundaries).toEqual([13, 13]);
    expect(corrections.undo(id, 'ana')).toMatchObject({ text: 'I look. So it is B.', boundaries: [7, 7] });
    expect(corrections.undo(id, 'ana')).toMatchObject({ text: 'I look. So it is B.', boundaries: null });
    expect(corrections.redo(id, 'ana').boundaries).toEqual([7, 7]);
    expect(corrections.set(id, 'ana', 'I look. So it is B.', null).boundaries).toBeNull();
    expect(() => corrections.set(id, 'ana', 'Short.', [7, 7])).toThrow('boundary 7 is outside');
    expect(() => corrections.set(id, 'ana', 'Short.', [1])).toThrow('3 phases need 2 boundaries, not 1');
    corrections.set(id, 'ana', 'I look. So it is B.', [7, 7]);
    store.setPhases([...store.phases.get(), { name: 'check', key: '4', colour: 'red', weight: 0 }]);
    expect(corrections.get(id, 'ana')).toMatchObject({ text: 'I look. So it is B.', boundaries: null });
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
