import { t } from '@vscode/l10n';
import type { TemplateResult } from 'lit';
import type { SavedView, TableChoice } from '../../src/protocol/table.ts';
import { html } from '../ui/html.ts';
import { readyMade, type ReadyMade } from './ready-made.ts';

/** Views that have a name, and what can be done with them. */
interface ViewBar {
  /** What is chosen. */
  choice: TableChoice;
  /** How rollouts are measured. */
  length: 'tokens' | 'characters';
  saved: readonly SavedView[];
  ask: (change: Partial<TableChoice>) => void;
  save: () => void;
  forget: (name: string) => void;
}

export function viewBar({ choice, length, saved, ...on }: ViewBar): TemplateResult {
  return html`<div class="ready-made" role="toolbar" aria-label=${t('Ready-made and saved views')}>
    ${readyMade(length).map((one) => readyMadeView(one, choice, on))} ${saved.map((one) => savedView(one, choice, on))}
    <button class="link" @click=${on.save}>${t('Save View…')}</button>
  </div>`;
}

function readyMadeView({ name, line, sort }: ReadyMade, choice: TableChoice, { ask }: Pick<ViewBar, 'ask'>) {
  const isSorted = choice.shows === 'prompts' || JSON.stringify(sort) === JSON.stringify(choice.sort);
  return html`<button
    aria-pressed=${line === choice.line && isSorted ? 'true' : 'false'}
    @click=${() => ask(choice.shows === 'prompts' ? { line } : { line, sort })}
  >
    ${name}
  </button>`;
}

function savedView({ name, ...view }: SavedView, choice: TableChoice, on: Pick<ViewBar, 'ask' | 'forget'>) {
  const isInForce = JSON.stringify(view) === JSON.stringify(choice);
  return html`<span class="saved">
    <button aria-pressed=${isInForce ? 'true' : 'false'} @click=${() => on.ask(view)}>${name}</button
    ><button
      title=${t('Forget the view {0}', name)}
      aria-label=${t('Forget the view {0}', name)}
      @click=${() => on.forget(name)}
    >
      ✕
    </button>
  </span>`;
}
