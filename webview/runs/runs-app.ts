import { t } from '@vscode/l10n';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { errorText } from '../../src/domain/error-text.ts';
import { axes, axisLabels, charts, type Axis } from '../../src/domain/metric.ts';
import { clockText } from '../../src/domain/moment.ts';
import {
  runsPageState,
  runsProtocol,
  type RunItem,
  type RunsSnapshot,
  type SelectedRun,
} from '../../src/protocol/runs.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import './advantage-histogram.ts';
import { appStyles } from './app-styles.ts';
import { toSvg } from './chart-export.ts';
import { chartCurves, type ShownRun } from './curves.ts';
import './run-chart.ts';
import { actionsOf, statusText } from './run-list.ts';
import { extent, stageMarks } from './series.ts';
import { settingDifferences } from './setting-differences.ts';
import './weight-table.ts';
import { onThemeChange, readPalette, strokeOf } from './theme.ts';

const host = new Host(runsProtocol, runsPageState);
const actionLabels = { pause: t('Pause'), resume: t('Resume'), stop: t('Stop') };
/** A run that stops after its iteration can be ended at once. */
const labelOf = (action: keyof typeof actionLabels, { pending }: RunItem): string =>
  pending === 'stop' ? t('End Now…') : actionLabels[action];

/** The Runs page: the list at the left, the selected runs' charts, advantages, samples and log at the right. */
@customElement('runs-app')
export class RunsApp extends LitElement {
  static override styles = appStyles;

  @state() private snapshot: RunsSnapshot | null = null;
  @state() private axis: Axis = host.getState()?.axis ?? 'iteration';
  @state() private smoothing = host.getState()?.smoothing ?? 0.6;
  /** The stretch of the horizontal axis that is looked at; null for all of it. */
  @state() private zoom: [number, number] | null = null;
  /** What the last request said when it failed. */
  @state() private complaint: string | null = null;

  #forgetTheme: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    host.on('snapshot', (snapshot) => {
      // The host alone remembers it while the page is hidden.
      if (this.snapshot === null && snapshot.zoom?.axis === this.axis)
        this.zoom = [snapshot.zoom.from, snapshot.zoom.to];
      this.snapshot = snapshot;
      this.#keep();
    });
    host.ready();
    this.#forgetTheme = onThemeChange(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forgetTheme?.();
  }

  override render() {
    const { snapshot } = this;
    if (!snapshot) return html`<div class="bones" role="status" aria-label=${t('Loading runs')}>${bones}</div>`;
    if (snapshot.failure !== null) {
      return html`<div class="empty" role="alert">
        <h1>${t('Runs')}</h1>
        <p>${t('The runs cannot be shown: {0}', snapshot.failure)}</p>
        <vscode-button @click=${() => this.#ask(host.request('retry', {}))}>${t('Try Again')}</vscode-button>
      </div>`;
    }
    if (snapshot.runs.length === 0) {
      return html`<main class="empty">
        <h1>${t('Runs')}</h1>
        <p>${t('No run yet. A run trains a policy on the prompts of this folder, shaped by your labels.')}</p>
        ${this.#startButton(t('Start Off-Policy Run…'))}
      </main>`;
    }
    const selected = snapshot.selected.map(({ id }) => id);
    return html`
      <aside>
        <header>
          <h1>${t('Runs')}</h1>
          ${this.#startButton(t('Start…'), 'secondary')}
        </header>
        <run-list
          .runs=${snapshot.runs}
          .selected=${selected}
          @select-runs=${(event: CustomEvent<string[]>) => {
            this.zoom = null;
            this.#select(event.detail, snapshot.iteration);
          }}
        ></run-list>
      </aside>
      <main>${this.#complaintBox()}${selected.length === 0 ? this.#pickOne() : this.#selection(snapshot)}</main>
    `;
  }

  #startButton(label: string, appearance = 'primary'): TemplateResult {
    const { trusted = false } = this.snapshot ?? {};
    return html`<vscode-button
      appearance=${appearance}
      ?disabled=${!trusted}
      title=${trusted ? label : t('Trust this folder to start runs')}
      @click=${() => this.#ask(host.request('start', {}))}
      >${label}</vscode-button
    >`;
  }

  #complaintBox() {
    if (this.complaint === null) return nothing;
    return html`<div class="problem" role="alert">
      ${this.complaint} <button @click=${() => (this.complaint = null)}>${t('Dismiss')}</button>
    </div>`;
  }

  #pickOne(): TemplateResult {
    return html`<p class="empty muted">${t('Choose a run to see its curves; tick two or more to compare them.')}</p>`;
  }

  #selection(snapshot: RunsSnapshot): TemplateResult {
    const items = snapshot.selected.map(({ id }) => snapshot.runs.find((run) => run.id === id)!);
    const shown: ShownRun[] = snapshot.selected.map(({ id, columns }, i) => ({ ...items[i], id, columns }));
    const longest = Math.max(1, ...shown.map(({ columns }) => columns.stretch));
    const reach =
      this.zoom ??
      extent(
        shown.map(({ columns }) => columns),
        this.axis,
      );
    const marks = shown.flatMap(({ columns, stages }, runIndex) =>
      stageMarks(columns, stages, this.axis).map((mark) => ({ ...mark, runIndex })),
    );
    const scrub = (event: CustomEvent<number>): void => {
      if (this.axis === 'iteration')
        this.#select(
          snapshot.selected.map(({ id }) => id),
          event.detail,
        );
    };
    return html`
      ${items.map((item, i) => this.#head(item, snapshot, items.length > 1 ? i : null))}
      <div class="bar" role="toolbar" aria-label=${t('Charts')}>
        <label>
          ${t('By')}
          <select
            aria-label=${t('Horizontal axis')}
            @change=${(event: Event) => {
              this.axis = (event.target as HTMLSelectElement).value as Axis;
              this.#zoomTo(null);
              this.#keep();
            }}
          >
            ${axes.map((axis) => html`<option value=${axis} ?selected=${axis === this.axis}>${axisLabels[axis]}</option>`)}
          </select>
        </label>
        <label>
          ${t('Smoothing')}
          <input
            type="range"
            min="0"
            max="0.95"
            step="0.05"
            .value=${String(this.smoothing)}
            @input=${(event: Event) => {
              this.smoothing = Number((event.target as HTMLInputElement).value);
              this.#keep();
            }}
          />
          <output>${this.smoothing.toFixed(2)}</output>
        </label>
        <button ?disabled=${this.zoom === null} @click=${() => this.#zoomTo(null)}>${t('Show All')}</button>
        <button @click=${() => this.#ask(host.request('saveTable', { runs: shown.map(({ id }) => id) }))}>
          ${t('Export CSV')}
        </button>
        <button @click=${() => this.#save('runs.svg', toSvg(charts, shown, this.axis, this.smoothing))}>
          ${t('Export SVG')}
        </button>
      </div>
      ${
        longest > 1
          ? html`<p class="muted">
              ${t('Charts draw the least and the greatest value of each {0} iterations, and smooth their means. Zoom in for more of it; Export CSV writes all.', longest)}
            </p>`
          : nothing
      }
      <section class="charts" aria-label=${t('Curves')}>
        ${charts.map(
          (chart) =>
            html`<run-chart
              .chart=${chart}
              .curves=${chartCurves(chart, shown, this.axis)}
              .axis=${this.axis}
              .extent=${reach}
              .marks=${marks}
              .smoothing=${this.smoothing}
              .runs=${shown.length}
              @scrub=${scrub}
              @zoom=${({ detail }: CustomEvent<[number, number] | null>) => this.#zoomTo(detail)}
            ></run-chart>`,
        )}
      </section>
      ${items.length > 1 ? this.#differences(items) : nothing}
      ${snapshot.selected.map((run, i) => this.#details(run, items[i], snapshot))}
    `;
  }

  /** Name, state and actions of a run; `colour` is the place of its curves' colour when runs are compared. */
  #head(item: RunItem, { selected, trusted }: RunsSnapshot, colour: number | null): TemplateResult {
    const actions = actionsOf(item);
    // Before its first iteration a run reads clips and times backends: what it says of that stands where it is seen.
    const run = selected.find(({ id }) => id === item.id);
    const news =
      item.status === 'running' && run?.columns.iterations.length === 0 ? run.log.at(-1)?.message : undefined;
    const { stroke } = strokeOf(readPalette(), colour ?? 0, 0, 2);
    return html`
      <div class="bar">
        ${
          colour === null
            ? nothing
            : html`<svg width="12" height="12" aria-hidden="true">
                <rect width="12" height="12" rx="2" fill=${stroke} />
              </svg>`
        }
        <h2>${item.name}</h2>
        <span class="muted">${statusText(item)} · ${item.iteration}/${item.iterations}</span>
        ${actions.map(
          (action) =>
            html`<vscode-button
              appearance="secondary"
              ?disabled=${action === 'resume' && !trusted}
              aria-label="${labelOf(action, item)} ${item.name}"
              @click=${() => this.#ask(host.request(action, { id: item.id }))}
              >${labelOf(action, item)}</vscode-button
            >`,
        )}
        ${this.#startAfterButton(item, run?.checkpoint ?? null, trusted)}
      </div>
      <div class="configuration">${item.configuration}</div>
      ${news === undefined ? nothing : html`<div class="configuration" role="status">${news}</div>`}
      ${
        item.error === null
          ? nothing
          : html`<div class="problem" role="alert">
              ${item.error}
              ${
                item.diverged
                  ? html`<button @click=${() => this.#ask(host.request('showBatch', { id: item.id }))}>
                      ${t('Show Batch')}
                    </button>`
                  : nothing
              }
            </div>`
      }
    `;
  }

  /** An ended run can be gone on from at its last checkpoint; one that diverged before any, at its policy. */
  #startAfterButton(item: RunItem, checkpoint: number | null, trusted: boolean) {
    const ended = ['stopped', 'finished', 'failed', 'lost'].includes(item.status);
    if (!ended || (checkpoint === null && !item.diverged)) return nothing;
    return html`<vscode-button
      appearance="secondary"
      ?disabled=${!trusted}
      @click=${() => this.#ask(host.request('startAfter', { id: item.id }))}
      >${checkpoint === null ? t('New Run from Its Policy…') : t('New Run from Iteration {0}…', checkpoint)}</vscode-button
    >`;
  }

  /** In which settings the compared runs differ. */
  #differences(items: readonly RunItem[]): TemplateResult {
    const rows = settingDifferences(items.map(({ settings }) => settings));
    if (rows.length === 0) return html`<section class="muted">${t('These runs have the same settings.')}</section>`;
    return html`<section aria-label=${t('Settings that differ')}>
      <h2>${t('Settings that differ')}</h2>
      <table>
        <tr>
          <td></td>
          ${items.map(({ name }) => html`<th scope="col">${name}</th>`)}
        </tr>
        ${rows.map(
          ({ name, values }) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${values.map((value) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </table>
    </section>`;
  }

  /** All that is told of one run below the curves; of compared runs, each part says whose it is. */
  #details(run: SelectedRun, item: RunItem, snapshot: RunsSnapshot): TemplateResult {
    const last = run.columns.iterations.at(-1) ?? 0;
    const first = run.columns.iterations[0] ?? 0;
    const at = snapshot.iteration ?? last;
    // Those of long ago are kept of some iterations alone.
    const shown = run.advantages?.iteration ?? at;
    const selected = snapshot.selected.map(({ id }) => id);
    const whose = selected.length > 1 ? `${item.name}: ` : '';
    return html`
      <section aria-label=${t('Iteration {0} of {1}', at, item.name)}>
        <h2>${whose}${t('Advantages and samples')}</h2>
        <div class="scrubber">
          <input
            type="range"
            aria-label=${t('Iteration')}
            min=${first}
            max=${last}
            .value=${String(at)}
            @input=${(event: Event) => this.#select(selected, Number((event.target as HTMLInputElement).value))}
          />
          <output
            >${shown === at ? t('iteration {0}', at) : t('iteration {0}: the store keeps those of iteration {1}', at, shown)}</output
          >
          <button ?disabled=${snapshot.iteration === null} @click=${() => this.#select(selected, null)}>
            ${t('Newest')}
          </button>
        </div>
        <div class="lower">
          <advantage-histogram .advantages=${run.advantages}></advantage-histogram>
          <ol class="samples" aria-label=${t('Rollouts of iteration {0}', shown)}>
            ${run.samples.map(
              (one) =>
                html`<li>
                  <button
                    title=${t('Open in Review: {0}', one.question)}
                    @click=${() => this.#ask(host.request('review', { rolloutId: one.rolloutId }))}
                  >
                    <span>${one.reward === null ? '' : one.reward.toFixed(2)}</span>
                    <span>${one.completion}</span>
                    <span></span><span class="muted">${one.hinted ? `${t('hinted')} · ` : ''}${one.question}</span>
                  </button>
                </li>`,
            )}
          </ol>
        </div>
      </section>
      <section aria-label=${t('Token weights of {0}', item.name)}>
        <h2>${whose}${t('Token weights')}</h2>
        <weight-table
          .weights=${run.weights}
          @choose-source=${({ detail: source }: CustomEvent<string>) =>
            this.#ask(host.request('chooseWeighted', { id: run.id, source }))}
        ></weight-table>
      </section>
      <section>
        <details>
          <summary>${whose}${t('Configuration')}</summary>
          <table>
            ${item.settings.map(
              ([name, value]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  <td>${value}</td>
                </tr>`,
            )}
          </table>
        </details>
        ${
          item.deviations.length === 0
            ? nothing
            : html`<details>
                <summary>${whose}${t('Where this is not what the authors do ({0})', item.deviations.length)}</summary>
                <ul>
                  ${item.deviations.map((sentence) => html`<li>${sentence}</li>`)}
                </ul>
              </details>`
        }
        <details open>
          <summary>${whose}${t('Log')}</summary>
          <div class="log" role="log" aria-label=${t('Log of {0}', item.name)} tabindex="0">
            ${run.log.map((line) => html`<div class=${line.level}>${clockText(line.at)} ${line.message}</div>`)}
            ${run.log.length === 0 ? html`<span class="muted">${t('Nothing logged yet.')}</span>` : nothing}
          </div>
        </details>
      </section>
    `;
  }

  #select(runs: string[], iteration: number | null): void {
    const zoom = this.zoom && { axis: this.axis, from: this.zoom[0], to: this.zoom[1] };
    this.#ask(host.request('select', { runs, iteration, zoom }));
  }

  /** Shows what there is of it at once, and asks for more of it. */
  #zoomTo(zoom: [number, number] | null): void {
    this.zoom = zoom;
    const { selected, iteration } = this.snapshot!;
    this.#select(
      selected.map(({ id }) => id),
      iteration,
    );
  }

  #save(name: string, content: string): void {
    this.#ask(host.request('save', { name, content }));
  }

  #ask(request: Promise<unknown>): void {
    request.then(
      () => (this.complaint = null),
      (error: unknown) => (this.complaint = errorText(error)),
    );
  }

  #keep(): void {
    host.setState({
      version: 2,
      selected: this.snapshot?.selected.map(({ id }) => id) ?? [],
      iteration: this.snapshot?.iteration ?? null,
      axis: this.axis,
      smoothing: this.smoothing,
    });
  }
}

const bones = Array.from({ length: 6 }, () => html`<div class="skeleton"></div>`);
