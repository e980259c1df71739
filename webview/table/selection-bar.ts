import { nothing, type TemplateResult } from 'lit';
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
  return html`<span class="selected" role="toolbar" aria-label="Selected ${shows}">
    <strong>${count.toLocaleString('en')} selected</strong>
    <button @click=${on.queue} title="Open the first in Review and go through them">Queue These</button>
    ${
      shows === 'prompts'
        ? nothing
        : html`<button @click=${() => on.flag(true)}>Flag</button>
            <button @click=${() => on.flag(false)}>Take Flag Down</button>
            <button @click=${() => on.tag(true)}>Tag…</button>
            <button @click=${() => on.tag(false)}>Take Tag Off…</button>`
    }
    <button @click=${on.export}>Export…</button>
    <button
      @click=${on.startRun}
      title="Train on ${shows === 'prompts' ? 'these prompts' : 'the prompts of these rollouts'} alone"
    >
      Start Off-Policy Run…
    </button>
    <button @click=${on.selectNone}>Select None</button>
  </span>`;
}
