import type { TemplateResult } from 'lit';
import type { PagePart } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { act } from './page-event.ts';

/** Folds a part of the page away, or brings it back. */
export function foldButton(part: PagePart, folded: boolean): TemplateResult {
  return html`<button
    class="fold-part"
    aria-expanded=${!folded}
    aria-label="The ${part}"
    title="${folded ? 'Show' : 'Fold away'} the ${part}"
    @click=${(event: Event) => act(event.currentTarget as HTMLElement, { kind: 'fold-part', part })}
  >
    ${folded ? icons.folded : icons.unfolded}
  </button>`;
}
