import { t } from '@vscode/l10n';
import type { TemplateResult } from 'lit';
import type { PagePart } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { act } from './page-event.ts';

const words: Readonly<Record<PagePart, { name: string; fold: string; show: string }>> = {
  question: { name: t('The question'), fold: t('Fold away the question'), show: t('Show the question') },
  video: { name: t('The video'), fold: t('Fold away the video'), show: t('Show the video') },
  weights: { name: t('The weights'), fold: t('Fold away the weights'), show: t('Show the weights') },
};

/** Folds a part of the page away, or brings it back. */
export function foldButton(part: PagePart, folded: boolean): TemplateResult {
  const { name, fold, show } = words[part];
  return html`<button
    class="fold-part"
    aria-expanded=${!folded}
    aria-label=${name}
    title=${folded ? show : fold}
    @click=${(event: Event) => act(event.currentTarget as HTMLElement, { kind: 'fold-part', part })}
  >
    ${folded ? icons.folded : icons.unfolded}
  </button>`;
}
