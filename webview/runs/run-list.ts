import { t } from '@vscode/l10n';
import { css, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { durationText } from '../../src/domain/progress.ts';
import { statusTexts, type RunStatus } from '../../src/domain/run.ts';
import type { RunItem } from '../../src/protocol/runs.ts';
import { html } from '../ui/html.ts';
import { sharedStyles, thinProgress, tickedRows } from '../ui/shared-styles.ts';

/** A sign and a word a status, so that colour is never the only difference. */
const signs: Record<RunStatus, string> = {
  queued: '◌',
  running: '●',
  paused: '‖',
  stopped: '■',
  finished: '✓',
  failed: '✗',
  lost: '!',
};

/** What a run can be asked for in its status. */
export function actionsOf({ status, pending }: RunItem): ('pause' | 'resume' | 'stop')[] {
  if (pending === 'end') return [];
  if (pending === 'stop') return ['stop'];
  switch (status) {
    case 'queued':
      return ['stop'];
    case 'running':
      return pending === 'pause' ? ['resume', 'stop'] : ['pause', 'stop'];
    case 'paused':
      return ['resume', 'stop'];
    case 'stopped':
    case 'failed':
    case 'lost':
      return ['resume'];
    case 'finished':
      return [];
  }
}

/** The status as a sentence's part: "running, pausing". */
export function statusText({ status, pending }: RunItem): string {
  if (pending === 'pause' && status === 'running') return t('pausing…');
  if (pending === 'stop' && status === 'running') return t('stopping after its iteration…');
  if ((pending === 'stop' || pending === 'end') && (status === 'running' || status === 'paused')) return t('stopping…');
  return statusTexts[status];
}

/** The runs, newest first. Clicking one shows it alone; ticking adds it to the comparison. */
@customElement('run-list')
export class RunList extends LitElement {
  static override styles = [
    sharedStyles,
    tickedRows,
    thinProgress,
    css`
      strong {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .line {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        font-size: 0.9em;
        color: var(--muted);
      }
      .selected .line {
        color: inherit;
      }
      .line > :first-child {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .line > span {
        white-space: nowrap;
      }
      .sign {
        display: inline-block;
        width: 1.1em;
      }
      .running .sign {
        color: var(--vscode-charts-green);
      }
      .failed .sign,
      .lost .sign {
        color: var(--vscode-errorForeground);
      }
      .paused .sign {
        color: var(--vscode-charts-yellow);
      }
      progress {
        grid-column: 2;
        width: 100%;
        height: 3px;
      }
    `,
  ];

  @property({ attribute: false }) runs: RunItem[] = [];
  @property({ attribute: false }) selected: string[] = [];

  override render() {
    return html`<ul aria-label=${t('Runs')}>
      ${repeat(
        this.runs,
        ({ id }) => id,
        (run) => {
          const ticked = this.selected.includes(run.id);
          const left =
            run.timeLeft === null ? nothing : html`<span>${t('{0} left', durationText(run.timeLeft))}</span>`;
          const told = [run.preset, run.selection, run.backend, t('seed {0}', run.seed)].filter((one) => one !== null);
          return html`<li class="${run.status} ${ticked ? 'selected' : ''}">
            <vscode-checkbox
              .checked=${live(ticked)}
              title=${t('Show {0} with the other ticked runs', run.name)}
              @change=${(event: Event) => this.#tick(run.id, (event.target as HTMLInputElement).checked)}
              >${t('Compare {0}', run.name)}</vscode-checkbox
            >
            <button
              class="name"
              title=${t('Show {0}', run.name)}
              aria-current=${ticked}
              @click=${() => this.#select([run.id])}
            >
              <strong>${run.name}</strong>
              <span class="line">
                <span><span class="sign" aria-hidden="true">${signs[run.status]}</span>${statusText(run)}</span>
                <span>${run.iteration}/${run.iterations}</span>
              </span>
              <span class="line"><span>${told.join(' · ')}</span>${left}</span>
            </button>
            <progress
              max=${run.iterations}
              value=${run.iteration}
              aria-label=${t('Progress of {0}', run.name)}
            ></progress>
          </li>`;
        },
      )}
    </ul>`;
  }

  #tick(id: string, ticked: boolean): void {
    if (ticked === this.selected.includes(id)) return;
    this.#select(ticked ? [...this.selected, id] : this.selected.filter((other) => other !== id));
  }

  #select(runs: string[]): void {
    this.dispatchEvent(new CustomEvent('select-runs', { detail: runs }));
  }
}
