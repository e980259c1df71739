import { expect, it } from 'vitest';
import { UnsavedEdits } from '../../../src/editor/unsaved-edits.ts';
import type { CommentDraft, UnsavedEdit } from '../../../src/protocol/review.ts';

/** What VS Code keeps with a workspace: values as JSON. */
class Memory {
  #json: string | undefined;
  keys = (): readonly string[] => [];
  get<T>(): T | undefined {
    return this.#json === undefined ? undefined : (JSON.parse(this.#json) as T);
  }
  async update(_: string, value: unknown): Promise<void> {
    this.#json = JSON.stringify(value);
  }
}

const edit = (rolloutId: string, ...boundaries: number[]): UnsavedEdit => ({
  ...{ store: 'a.db', annotator: 'me', rolloutId },
  value: { boundaries, grounding: [null, { start: 1, end: 2 }] },
});
const draft = (rolloutId: string, body: string): CommentDraft => ({
  ...{ rolloutId, id: null, body },
  ...{ text: { start: 1, end: 2 }, video: null },
});

const nothing = { edits: [], drafts: [], corrections: [] };

it('keeps what is not saved, and forgets what the store has by now but nothing newer', async () => {
  const memory = new Memory();
  const unsaved = new UnsavedEdits(memory);
  expect(unsaved.now).toEqual(nothing);
  const corrections = [{ store: 'a.db', annotator: 'me', rolloutId: 'r', text: 'Better.' }];
  await unsaved.keep({
    edits: [edit('r', 3, 4), edit('s', 1, 2)],
    drafts: [draft('r', 'One.'), draft('s', 'Two.')],
    corrections,
  });
  await unsaved.saved(edit('r', 1, 2));
  await unsaved.saved(edit('s', 1, 2));
  await unsaved.commented(draft('r', 'On'));
  await unsaved.commented(draft('s', 'Two.'));
  const left = { edits: [edit('r', 3, 4)], drafts: [draft('r', 'One.')], corrections };
  expect(new UnsavedEdits(memory).now).toEqual(left);
  await unsaved.keep(nothing);
  expect(memory.get()).toBeUndefined();
});

it('forgets what is of another shape', async () => {
  const memory = new Memory();
  await memory.update('', { edits: [{ rolloutId: 'r' }], drafts: [] });
  expect(new UnsavedEdits(memory).now).toEqual(nothing);
});

it('keeps the last draft of a correction that its store did not take, until it or a newer one is there', async () => {
  const memory = new Memory();
  const unsaved = new UnsavedEdits(memory);
  const written = (text: string, rolloutId = 'r') => ({ store: 'a.db', annotator: 'me', rolloutId, text });
  await unsaved.keep({ ...nothing, edits: [edit('r', 1, 2)] });
  for (const one of [written('B'), written('Other.', 's'), written('Better.')]) await unsaved.undrafted(one);
  expect(new UnsavedEdits(memory).now.corrections).toEqual([written('Other.', 's'), written('Better.')]);
  await unsaved.drafted(written('Better and longer.'));
  await unsaved.drafted(written('Never kept.', 't'));
  expect(unsaved.now).toEqual({ ...nothing, edits: [edit('r', 1, 2)], corrections: [written('Other.', 's')] });
});
