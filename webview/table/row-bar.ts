import { t } from '@vscode/l10n';
import { nothing, type TemplateResult } from 'lit';
import { numberText } from '../../src/domain/number-text.ts';
import type { ReadTable, TableChoice } from '../../src/protocol/table.ts';
import { html } from '../ui/html.ts';
import './column-chooser.ts';
import type { Named } from './columns.ts';

/** What the rows of a view are, how many, and which columns they have. */
interface RowBar {
  table: ReadTable;
  /** What was asked for, which may not be there yet. */
  shows: TableChoice['shows'];
  isAsking: boolean;
  /** Rows in the store by now. */
  total: number;
  /** Columns that there are, and those that are shown. */
  all: readonly Named[];
  shown: readonly Named[];
  ask: (change: Partial<TableChoice>) => void;
  refresh: () => void;
}

const names = { rollouts: t('rollouts'), prompts: t('prompts') };

export function rowBar({ table, shows, isAsking, total, all, shown, ...on }: RowBar): TemplateResult {
  const others = total - table.total;
  const kept =
    table.count === null
      ? t('Counting…')
      : t('{0} of {1} {2}', numberText(table.count), numberText(table.total), names[table.shows]);
  return html`<div class="bar">
    <span role="group" aria-label=${t('What the rows are')}>
      ${(['rollouts', 'prompts'] as const).map(
        (rows) =>
          html`<button aria-pressed=${shows === rows ? 'true' : 'false'} @click=${() => on.ask({ shows: rows })}>
            ${names[rows]}
          </button>`,
      )}
    </span>
    <span role="status">${isAsking ? t('Looking…') : kept}</span>
    ${
      others === 0
        ? nothing
        : html`<button class="link" @click=${on.refresh}>
            ${others > 0 ? t('{0} more by now: show', numberText(others)) : t('Some are gone by now: show')}
          </button>`
    }
    <column-chooser
      .all=${all}
      .shown=${shown}
      @choose=${({ detail }: CustomEvent<string[] | null>) =>
        on.ask(table.shows === 'prompts' ? { promptColumns: detail } : { columns: detail })}
    ></column-chooser>
  </div>`;
}
