import { expect, it } from 'vitest';
import { html } from '../../../../webview/ui/html.ts';

it('shows text as text, and gives attributes and properties theirs as it is', () => {
  const name = 'a\u202eb';
  const shown = 'a⟨U+202E⟩b';
  const { values } = html`<p title=${name} aria-label="Of ${name}, ${name}" id=${name} .text=${name}>
    ${name}, ${name}
  </p>`;
  expect(values).toEqual([shown, shown, shown, name, name, shown, shown]);
  expect(html`<li>${[html`${name}`]} ${3} ${null}</li>`.values).toMatchObject([[{ values: [shown] }], 3, null]);
});
