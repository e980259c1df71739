import { t } from '@vscode/l10n';
import { nothing, type TemplateResult } from 'lit';
import { numberText } from '../../src/domain/number-text.ts';
import type { ReadTable } from '../../src/protocol/table.ts';
import { html } from '../ui/html.ts';

/** What can be done with the rows that are selected. */
interface Selected {
  shows: ReadTable['shows'];
  count: number;
  queue: () => void;
  flag: (raised: boolean) => void;
  tag: (on: boolean) => void;
  export: () => void;
  startRun: () => void;
  selectNone: () => void;
}

export function selectionBar({ shows, count, ...on }: Selected): TemplateResult {
  return html`<div
    class="selected"
    role="toolbar"
    aria-label=${shows === 'prompts' ? t('Selected prompts') : t('Selected rollouts')}
  >
    <strong>${t('{0} selected', numberText(count))}</strong>
    <button @click=${on.queue} title=${t('Open the first in Review and go through them')}>${t('Queue These')}</button>
    ${
      shows === 'prompts'
        ? nothing
        : html`<button @click=${() => on.flag(true)}>${t('Flag')}</button>
            <button @click=${() => on.flag(false)}>${t('Take Flag Down')}</button>
            <button @click=${() => on.tag(true)}>${t('Tag…')}</button>
            <button @click=${() => on.tag(false)}>${t('Take Tag Off…')}</button>`
    }
    <button @click=${on.export}>${t('Export…')}</button>
    <button
      @click=${on.startRun}
      title=${shows === 'prompts' ? t('Train on these prompts alone') : t('Train on the prompts of these rollouts alone')}
    >
      ${t('Start Off-Policy Run…')}
    </button>
    <button @click=${on.selectNone}>${t('Select None')}</button>
  </div>`;
}
