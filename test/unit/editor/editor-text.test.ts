import { expect, it } from 'vitest';
import fc from '../fc.ts';
import { editorText } from '../../../src/editor/editor-text.ts';

const pieces = fc.constantFrom('[', ']', '(', ')', '$', 'open', 'command:a', 'https://b', ' "', '\\', '\u202e', '👁');
const texts = fc.array(pieces).map((parts) => parts.join(''));

it('leaves no link and no icon, and every letter', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const shown = editorText(text);
      expect(shown).not.toMatch(/\]\(|\$\(|\u202e/u);
      expect(shown.replaceAll('\u2060', '')).toBe(text.replaceAll('\u202e', '⟨U+202E⟩'));
      expect(editorText(shown)).toBe(shown);
    }),
  );
});

it('leaves text without them as it is', () => {
  for (const text of ['λ 0.3 (phase-warped) [1, 2]', 'f(x)', 'from 3 $ to 4 (five)'])
    expect(editorText(text)).toBe(text);
});
