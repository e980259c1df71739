/** What the views have in common that take the reasoning's place to set things side by side. */
import { css, type CSSResultGroup, type TemplateResult } from 'lit';
import type { KeyName, Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { keyHint, type Beside } from '../actions/keys.ts';
import { act } from '../actions/page-event.ts';

export const besideStyles: CSSResultGroup = [
  sharedStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      flex: 1;
      min-height: 0;
    }
    .tools {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px;
      padding: 4px 12px;
      border-bottom: 1px solid var(--border);
    }
    .close {
      margin-left: auto;
    }
    .notice {
      margin: 0;
      padding: 16px;
    }
  `,
];

const keyNames: Record<Beside, KeyName> = {
  group: 'group',
  labels: 'otherLabels',
  history: 'history',
  correction: 'correction',
};

/** The bar above such a view: its tools, and the way back. */
export function besideTools(
  view: HTMLElement,
  what: Beside,
  keys: Keys,
  back: string,
  tools: TemplateResult,
): TemplateResult {
  return html`<div class="tools">
    ${tools}
    <button class="close" @click=${() => act(view, { kind: 'beside', what })}>
      ${back}${keyHint(keys, keyNames[what])}
    </button>
  </div>`;
}
