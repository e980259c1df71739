import { expect, it } from 'vitest';
import type { CorrectionState } from '../../../../src/domain/correction.ts';
import type { WrittenDraft } from '../../../../src/protocol/review.ts';
import { Drafting } from '../../../../webview/review/beside/drafting.ts';

const key = { store: 'a.db', annotator: 'me', rolloutId: 'r' };
const state = (draft: string): CorrectionState => ({
  ...{ text: null, boundaries: null, draft, discarded: null },
  ...{ canUndo: false, canRedo: false, savedAt: null },
});

/** A host that answers when it is told to. */
function drafting() {
  const asked: { draft: WrittenDraft; answer: (state: CorrectionState) => void; fail: (error: Error) => void }[] = [];
  const saved: (string | null)[] = [];
  const one = new Drafting(
    (draft) => new Promise((answer, fail) => void asked.push({ draft, answer, fail })),
    (_, { draft }) => void saved.push(draft),
    () => undefined,
  );
  return { one, asked, saved };
}

it('shows what is typed until the store has just that', async () => {
  const { one, asked, saved } = drafting();
  const typed = [one.type({ ...key, text: 'a' }), one.type({ ...key, text: 'ab' })];
  expect(one.of(key)).toBe('ab');
  asked[0].answer(state('a'));
  await typed[0];
  expect([one.of(key), saved]).toEqual(['ab', []]);
  asked[1].answer(state('ab'));
  await typed[1];
  expect([one.of(key), saved]).toEqual([null, ['ab']]);
  expect(one.of({ ...key, annotator: 'ana' })).toBeNull();
});

it('keeps what a store does not take for the host, and sends it again but for what was typed since', async () => {
  const { one, asked } = drafting();
  const typed = one.type({ ...key, text: 'a' });
  asked[0].fail(new Error('the store is closed'));
  await expect(typed).rejects.toThrow('the store is closed');
  expect([one.of(key), one.failed]).toEqual(['a', [{ ...key, text: 'a' }]]);
  const again = one.retry();
  expect([asked[1].draft.text, one.failed]).toEqual(['a', []]);
  await one.retry([{ ...key, text: 'older' }]);
  expect(asked).toHaveLength(2);
  asked[1].answer(state('a'));
  await again;
  expect(one.of(key)).toBeNull();
});

it('forgets what was saved, but not what was typed after it', () => {
  const { one } = drafting();
  void one.type({ ...key, text: 'ab' });
  one.forget(key, 'a');
  expect(one.of(key)).toBe('ab');
  one.forget(key);
  expect(one.of(key)).toBeNull();
});
