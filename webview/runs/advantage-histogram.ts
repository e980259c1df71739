import { t } from '@vscode/l10n';
import { css, LitElement, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { counted } from '../../src/domain/counted.ts';
import type { SelectedRun } from '../../src/protocol/runs.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { histogram } from './series.ts';

const bins = 31;
const width = 310;
const height = 90;

/** Advantages of one iteration: a spike at zero means that groups vanish, two humps that they teach. */
@customElement('advantage-histogram')
export class AdvantageHistogram extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      svg {
        display: block;
        width: 100%;
        height: 110px;
      }
      rect {
        fill: var(--vscode-charts-blue);
        stroke: var(--vscode-contrastBorder, none);
      }
      rect.zero {
        fill: var(--vscode-charts-yellow);
      }
      line {
        stroke: var(--muted);
      }
      text {
        fill: var(--muted);
        font-size: 10px;
      }
      p {
        margin: 0;
        color: var(--muted);
      }
    `,
  ];

  @property({ attribute: false }) advantages: SelectedRun['advantages'] = null;

  override render() {
    if (!this.advantages || this.advantages.values.length === 0) {
      return html`<p>${t('No rollouts at this iteration.')}</p>`;
    }
    const { values, iteration } = this.advantages;
    const { limit, counts } = histogram(values, bins);
    const most = Math.max(...counts);
    const zeros = values.filter((value) => value === 0).length;
    const bar = width / bins;
    const label = t(
      '{0} advantages at iteration {1}, from −{2} to {3}; {4} are exactly 0',
      values.length,
      iteration,
      limit.toFixed(1),
      limit.toFixed(1),
      zeros,
    );
    return html`
      <svg viewBox="0 0 ${width} ${height + 14}" preserveAspectRatio="none" role="img" aria-label=${label}>
        ${counts.map((count, i) => {
          const tall = (count / most) * (height - 4);
          return svg`<rect class=${i === (bins - 1) / 2 ? 'zero' : ''} x=${i * bar + 1} y=${height - tall}
            width=${bar - 2} height=${tall} />`;
        })}
        <line x1="0" x2=${width} y1=${height} y2=${height} />
        <text x="0" y=${height + 12}>−${limit.toFixed(1)}</text>
        <text x=${width / 2} y=${height + 12} text-anchor="middle">0</text>
        <text x=${width} y=${height + 12} text-anchor="end">${limit.toFixed(1)}</text>
      </svg>
      <p>
        ${[counted(values.length, 'rollout'), ...(zeros > 0 ? [t('{0} with no signal (0)', zeros)] : [])].join(' · ')}
      </p>
    `;
  }
}
