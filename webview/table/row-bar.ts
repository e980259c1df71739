import { nothing, type TemplateResult } from 'lit';
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
  /** What can be done with those that are selected. */
  selected: TemplateResult | typeof nothing;
  ask: (change: Partial<TableChoice>) => void;
  refresh: () => void;
}

const figure = (count: number): string => count.toLocaleString('en');

export function rowBar({ table, shows, isAsking, total, all, shown, selected, ...on }: RowBar): TemplateResult {
  const others = total - table.total;
  const kept = table.count === null ? 'Counting…' : `${figure(table.count)} of ${figure(table.total)} ${table.shows}`;
  return html`<div class="bar">
    <span role="group" aria-label="What the rows are">
      ${(['rollouts', 'prompts'] as const).map(
        (rows) =>
          html`<button aria-pressed=${shows === rows ? 'true' : 'false'} @click=${() => on.ask({ shows: rows })}>
            ${rows}
          </button>`,
      )}
    </span>
    <span role="status">${isAsking ? 'Looking…' : kept}</span>
    ${
      others === 0
        ? nothing
        : html`<button class="link" @click=${on.refresh}>
            ${others > 0 ? `${figure(others)} more by now: show` : 'Some are gone by now: show'}
          </button>`
    }
    ${selected}
    <column-chooser
      .all=${all}
      .shown=${shown}
      @choose=${({ detail }: CustomEvent<string[] | null>) =>
        on.ask(table.shows === 'prompts' ? { promptColumns: detail } : { columns: detail })}
    ></column-chooser>
  </div>`;
}
