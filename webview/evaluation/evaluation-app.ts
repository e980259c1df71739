import { t } from '@vscode/l10n';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { errorText } from '../../src/domain/error-text.ts';
import {
  evaluationPageState,
  evaluationProtocol,
  type EvaluationItem,
  type EvaluationList,
  type EvaluationView,
  type Looking,
} from '../../src/protocol/evaluation.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import { appStyles } from './app-styles.ts';
import './evaluation-list.ts';
import './one-view.ts';
import './two-view.ts';

const host = new Host(evaluationProtocol, evaluationPageState);

type Read = Extract<EvaluationList, { status: 'read' }>;

/** The Evaluation page: the evaluations left, and right one of them by every rule, or two compared. */
@customElement('evaluation-app')
export class EvaluationApp extends LitElement {
  static override styles = appStyles;

  @state() private list: EvaluationList | null = null;
  @state() private looking: Looking | null = null;
  @state() private view: EvaluationView | null = null;
  /** What the last request said when it failed. */
  @state() private complaint: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    host.on('list', (list) => (this.list = list));
    host.on('looking', (looking) => {
      this.looking = looking;
      const { ids, reader, all } = looking;
      host.setState({ version: 1, ids, reader, all });
    });
    host.on('view', (view) => (this.view = view));
    host.ready();
  }

  override render(): TemplateResult {
    const { list } = this;
    if (!list) return html`<div class="bones" role="status" aria-label=${t('Loading evaluations')}>${bones}</div>`;
    if (list.status === 'failed') {
      return html`<div class="empty" role="alert">
        <h1>${t('Evaluations')}</h1>
        <p>${t('The evaluations cannot be shown: {0}', list.message)}</p>
        <vscode-button @click=${() => this.#ask(host.request('retry', {}))}>${t('Try Again')}</vscode-button>
      </div>`;
    }
    return list.evaluations.length === 0 ? this.#empty(list) : this.#page(list);
  }

  #evaluateButton(trusted: boolean): TemplateResult {
    return html`<vscode-button
      appearance="secondary"
      ?disabled=${!trusted}
      title=${trusted ? t('Have a policy answer prompts') : t('Trust this folder to evaluate policies')}
      @click=${() => this.#ask(host.request('evaluate', {}))}
      >${t('Evaluate Policy…')}</vscode-button
    >`;
  }

  #empty({ trusted }: Read): TemplateResult {
    return html`<main class="empty">
      <h1>${t('Evaluations')}</h1>
      ${this.#complaintBox()}
      <p>
        ${t('No evaluation yet. One is made of a policy’s replies to a dataset’s prompts, to see how often they are right, and by whose rule.')}
      </p>
      <p class="muted">
        ${t('Import the predictions that a benchmark’s script or another program left, or have a policy answer a dataset.')}
      </p>
      <vscode-button @click=${() => this.#ask(host.request('import', {}))}>${t('Import Predictions…')}</vscode-button>
      ${this.#evaluateButton(trusted)}
    </main>`;
  }

  #page(list: Read): TemplateResult {
    const ids = this.looking?.ids ?? [];
    return html`
      <aside aria-label=${t('Evaluations')}>
        <header>
          <h1>${t('Evaluations')}</h1>
          <vscode-button appearance="secondary" @click=${() => this.#ask(host.request('import', {}))}
            >${t('Import…')}</vscode-button
          >
          ${this.#evaluateButton(list.trusted)}
        </header>
        <evaluation-list
          .evaluations=${list.evaluations}
          .selected=${ids}
          @select-evaluations=${({ detail }: CustomEvent<string[]>) => this.#select(detail)}
        ></evaluation-list>
      </aside>
      <main
        @choose-reader=${({ detail }: CustomEvent<string>) => this.#select([...ids], { reader: detail })}
        @choose=${({ detail }: CustomEvent<string>) => this.#select([...ids.slice(0, 1), detail])}
        @review=${({ detail: rolloutIds }: CustomEvent<string[]>) => this.#ask(host.request('review', { rolloutIds }))}
      >
        ${this.#complaintBox()} ${this.#head(list.evaluations, ids)} ${this.#progress()} ${this.#shown(list, ids)}
      </main>
    `;
  }

  /** Names what is looked at, with what can be done to it. */
  #head(evaluations: readonly EvaluationItem[], ids: readonly string[]): TemplateResult {
    const items = ids.flatMap((id) => evaluations.find((one) => one.id === id) ?? []);
    const names = items.map(({ policy, name }) => `${policy}, ${name}`);
    return html`<div class="bar" role="toolbar" aria-label=${t('Evaluation')}>
      <strong>${names.join(' → ')}</strong>
      ${items.length === 1 && items[0].cluster !== null ? html`<span class="muted">${items[0].cluster}</span>` : nothing}
      ${
        ids.length === 2
          ? html`<button title=${t('Compare the other way round')} @click=${() => this.#select([ids[1], ids[0]])}>
              ${t('Swap')}
            </button>`
          : html`<span class="muted">${t('Tick another evaluation to compare it with this one.')}</span>`
      }
      <label title=${t('Rules for other benchmarks than that of the dataset')}>
        <input
          type="checkbox"
          .checked=${this.looking?.all ?? false}
          @change=${(event: Event) => this.#select([...ids], { all: (event.target as HTMLInputElement).checked })}
        />
        ${t('all rules')}
      </label>
      <button ?disabled=${!this.#isShown(ids)} @click=${() => this.#ask(host.request('save', {}))}>
        ${t('Export Tables…')}
      </button>
    </div>`;
  }

  #progress() {
    const { progress, problem } = this.looking ?? { progress: null, problem: null };
    if (problem !== null) {
      return html`<div class="problem" role="alert">
        ${t('There are no figures: {0}', problem)}
        <button @click=${() => this.#ask(host.request('retry', {}))}>${t('Try Again')}</button>
      </div>`;
    }
    if (!progress) return nothing;
    const { done, total } = progress;
    return html`<div class="bar scoring">
      <progress max=${Math.max(total, 1)} value=${done} aria-label=${t('Replies scored')}></progress>
      <span class="muted">${t('scored {0} of {1} replies', done, total)}</span>
      <button @click=${() => this.#ask(host.request('cancel', {}))}>${t('Cancel')}</button>
    </div>`;
  }

  /** Whether the figures are of these: while others are scored, those of before would be taken for theirs. */
  #isShown(ids: readonly string[]): boolean {
    const { view, looking } = this;
    const of = view?.kind === 'one' ? [view.id] : (view?.ids ?? []);
    return looking?.problem === null && of.join() === ids.join();
  }

  #shown({ evaluations, readers }: Read, ids: readonly string[]) {
    const { view, looking } = this;
    if (view && this.#isShown(ids)) {
      return view.kind === 'one'
        ? html`<one-view .view=${view} .evaluations=${evaluations} .readers=${readers}></one-view>`
        : html`<two-view .view=${view} .evaluations=${evaluations} .readers=${readers}></two-view>`;
    }
    if (looking?.problem) return nothing;
    return html`<div class="bones" role="status" aria-label=${t('Scoring replies')}>${bones}</div>`;
  }

  #complaintBox() {
    if (this.complaint === null) return nothing;
    return html`<div class="problem" role="alert">
      ${this.complaint} <button @click=${() => (this.complaint = null)}>${t('Dismiss')}</button>
    </div>`;
  }

  #select(ids: string[], by: Partial<Pick<Looking, 'reader' | 'all'>> = {}): void {
    const { reader, all } = this.looking ?? { reader: null, all: false };
    this.#ask(host.request('select', { ids, reader, all, ...by }));
  }

  #ask(request: Promise<unknown>): void {
    request.then(
      () => (this.complaint = null),
      (error: unknown) => (this.complaint = errorText(error)),
    );
  }
}

const bones = Array.from({ length: 3 }, () => html`<div class="skeleton"></div>`);
