import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { agreementMetrics, metricTexts, type AgreementMetric } from '../../src/domain/agreement.ts';
import { counted } from '../../src/domain/counted.ts';
import { judgementText, type JudgementAgreement, type JudgementScope } from '../../src/domain/judgement-agreement.ts';
import { figureText, type Agreement, type AgreementScope } from '../../src/domain/agreement-report.ts';
import { errorText } from '../../src/domain/error-text.ts';
import {
  agreementPageState,
  agreementProtocol,
  type AgreementProgress,
  type AgreementSnapshot,
  type DisagreementItem,
} from '../../src/protocol/agreement.ts';
import { colourPhases, type DrawnPhase } from '../review/label/phase-styles.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import { pageLook } from '../ui/page-styles.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import './agreement-matrix.ts';
import './disagreement-list.ts';
import './gold-table.ts';
import './progress-table.ts';

const host = new Host(agreementProtocol, agreementPageState);

/** The Agreement page: figures of all people, the matrix of annotators, and the rollouts on which the chosen ones differ. */
@customElement('agreement-app')
export class AgreementApp extends LitElement {
  static override styles = [
    sharedStyles,
    pageLook,
    css`
      p {
        max-width: 80ch;
        margin: 4px 0;
      }
      .overall {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .overall button {
        border-color: var(--border);
        text-align: left;
        font-variant-numeric: tabular-nums;
      }
      .overall button[aria-pressed='true'] {
        border-color: var(--vscode-focusBorder);
        background: var(--vscode-list-inactiveSelectionBackground);
      }
      .overall span {
        display: block;
      }
      .judgements {
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
      }
      .judgements :is(th, td) {
        padding: 2px 12px 2px 0;
        text-align: left;
        font-weight: inherit;
      }
      .scroll {
        overflow-x: auto;
      }
      .empty {
        max-width: 52ch;
        margin: 12vh auto 0;
        text-align: center;
      }
      .bones {
        display: grid;
        grid-template-rows: 60px 160px 120px;
        gap: 12px;
        padding-top: 30px;
      }
    `,
  ];

  @state() private snapshot: AgreementSnapshot | null = null;
  @state() private progress: AgreementProgress = { annotators: [], gold: [] };
  @state() private metric: AgreementMetric = host.getState()?.metric ?? 'kappa';
  @state() private scope: AgreementScope = host.getState()?.scope ?? null;
  /** Of the scope; null while they are read. */
  @state() private worst: DisagreementItem[] | null = null;
  /** What the last request said when it failed. */
  @state() private complaint: string | null = null;
  #turn = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    host.on('snapshot', (snapshot) => {
      this.snapshot = snapshot;
      if (snapshot.status === 'measured') colourPhases(this, snapshot.phases);
      if (snapshot.status === 'measured' && snapshot.agreement.pairs.length > 0)
        this.#show(this.#known(snapshot), this.metric);
    });
    host.on('progress', (progress) => (this.progress = progress));
    host.ready();
  }

  override render() {
    const { snapshot } = this;
    if (!snapshot) return html`<div class="bones" role="status" aria-label=${t('Measuring agreement')}>${bones}</div>`;
    if (snapshot.status === 'failed') {
      return html`<div class="empty" role="alert">
        <h1>${t('Agreement')}</h1>
        <p>${t('Agreement cannot be measured: {0}', snapshot.message)}</p>
        <vscode-button @click=${() => this.#ask(host.request('retry', {}))}>${t('Try Again')}</vscode-button>
      </div>`;
    }
    const { agreement, judgements, phases } = snapshot;
    if (agreement.pairs.length === 0 && judgements.pairs.length === 0) return this.#empty();
    return html`<main>
      ${agreement.pairs.length === 0 ? this.#judgedOnly() : this.#figures(agreement, phases)}
      ${judgements.pairs.length === 0 ? nothing : judgementTable(judgements)} ${this.#progress()}
    </main>`;
  }

  #progress(): TemplateResult | typeof nothing {
    const { annotators, gold } = this.progress;
    if (annotators.length === 0) return nothing;
    return html`${gold.length === 0 ? nothing : html`<gold-table .gold=${gold}></gold-table>`}
      <progress-table .progress=${annotators}></progress-table>`;
  }

  #empty(): TemplateResult {
    return html`<main>
      <div class="empty">
        <h1>${t('Agreement')}</h1>
        ${this.#complaintBox()}
        <p>${t('Two people must label the same rollout before their agreement can be measured.')}</p>
        <p class="muted">
          ${t('Labels are saved under your annotator name: a second person labels under another one.')}
        </p>
        <vscode-button @click=${() => this.#ask(host.request('label', {}))}>${t('Open Review')}</vscode-button>
        <vscode-button appearance="secondary" @click=${() => this.#ask(host.request('chooseAnnotator', {}))}
          >${t('Annotator Name…')}</vscode-button
        >
      </div>
      ${this.#progress()}
    </main>`;
  }

  #figures(agreement: Agreement, phases: DrawnPhase[]): TemplateResult {
    const { metric, scope } = this;
    const { label, about } = metricTexts[metric];
    return html`<header>
        <h1>${t('Agreement')}</h1>
        <label>
          ${t('Metric')}
          <select
            @change=${(event: Event) => this.#show(scope, (event.target as HTMLSelectElement).value as AgreementMetric)}
          >
            ${agreementMetrics.map(
              (name) => html`<option value=${name} ?selected=${name === metric}>${metricTexts[name].label}</option>`,
            )}
          </select>
        </label>
        <button @click=${() => this.#ask(host.request('exportCsv', {}))}>${t('Export CSV…')}</button>
      </header>
      ${this.#complaintBox()}
      <p class="muted">
        ${about}
        ${t('Phases are compared by character; boundaries by the rollout’s tokens, or by words where its tokens are not known. In brackets the 95 % interval over rollouts.')}
      </p>
      <h2>
        ${t('All people')}${agreement.people.rollouts > 0 ? `: ${counted(agreement.people.rollouts, 'rollout')}` : nothing}
      </h2>
      ${this.#people(agreement)}
      <h2>${t('Each pair, by {0}', label)}</h2>
      <div class="scroll">
        <agreement-matrix
          .agreement=${agreement}
          .metric=${metric}
          .scope=${scope}
          @choose-pair=${(event: CustomEvent<AgreementScope>) => this.#show(event.detail, metric)}
        ></agreement-matrix>
      </div>
      ${this.#list(agreement, phases)}`;
  }

  /** Nobody has labelled what somebody else has, but judgements can be compared. */
  #judgedOnly(): TemplateResult {
    return html`<header>
        <h1>${t('Agreement')}</h1>
        <button @click=${() => this.#ask(host.request('exportCsv', {}))}>${t('Export CSV…')}</button>
      </header>
      ${this.#complaintBox()}
      <p class="muted">${t('No two people have labelled the same rollout yet.')}</p>`;
  }

  #people({ people }: Agreement): TemplateResult {
    if (people.rollouts === 0) {
      return html`<p class="muted">
        ${t('No two people have labelled the same rollout; a program’s suggestions do not count.')}
      </p>`;
    }
    return html`<ul class="overall" aria-label=${t('Agreement of all people')}>
      ${agreementMetrics.map((name) => {
        const { label, better, undefinedWhen } = metricTexts[name];
        const figure = people.figures[name];
        return html`<li>
          <button
            aria-pressed=${this.scope === null && name === this.metric}
            title=${figure.value === null ? t('No value: {0}', undefinedWhen) : t('Show the rollouts on which all people agree least')}
            @click=${() => this.#show(null, name)}
          >
            <span class="muted">${better === 'lower' ? t('{0} (lower is better)', label) : label}</span>
            <span>${figureText(figure)}</span>
          </button>
        </li>`;
      })}
    </ul>`;
  }

  #list(agreement: Agreement, phases: DrawnPhase[]) {
    const { scope, metric, worst } = this;
    const { rollouts } = scope === null ? agreement.people : pairOf(agreement, scope)!;
    if (rollouts === 0) return nothing;
    const who = scope === null ? t('All people') : t('{0} and {1}', scope.a, scope.b);
    const shown =
      worst && worst.length < rollouts
        ? t('the {0} worst of {1} rollouts', worst.length, rollouts)
        : counted(rollouts, 'rollout');
    return html`
      <h2>${t('{0}: {1}, worst {2} first', who, shown, metricTexts[metric].label)}</h2>
      <disagreement-list
        .items=${worst}
        .metric=${metric}
        .phases=${phases}
        @review=${({ detail }: CustomEvent<string>) => this.#ask(host.request('review', { rolloutId: detail }))}
      ></disagreement-list>
    `;
  }

  #complaintBox() {
    if (this.complaint === null) return nothing;
    return html`<div class="problem" role="alert">
      ${this.complaint} <button @click=${() => (this.complaint = null)}>${t('Dismiss')}</button>
    </div>`;
  }

  /** The scope looked at, while there still is such a pair. */
  #known({ agreement }: Extract<AgreementSnapshot, { status: 'measured' }>): AgreementScope {
    return this.scope && pairOf(agreement, this.scope) ? this.scope : null;
  }

  /** Shows a scope by a metric, and asks for its rollouts; the answer to an earlier question is dropped. */
  #show(scope: AgreementScope, metric: AgreementMetric): void {
    if (scope !== this.scope || metric !== this.metric) this.worst = null;
    this.scope = scope;
    this.metric = metric;
    host.setState({ version: 1, metric, scope });
    const turn = (this.#turn += 1);
    const keep = (worst: DisagreementItem[]): void => {
      if (turn === this.#turn) this.worst = worst;
    };
    const request = host.request('disagreements', { scope, metric });
    request.then(keep, () => keep([]));
    this.#ask(request);
  }

  #ask(request: Promise<unknown>): void {
    request.then(
      () => (this.complaint = null),
      (error: unknown) => (this.complaint = errorText(error)),
    );
  }
}

function pairOf({ pairs }: Agreement, scope: NonNullable<AgreementScope>): Agreement['pairs'][number] | undefined {
  return pairs.find(({ a, b }) => a === scope.a && b === scope.b);
}

/** How far annotators agree on what they say of the same steps. */
function judgementTable({ people, pairs, errors }: JudgementAgreement): TemplateResult {
  const row = (who: string, { rollouts, figures: { kappa, alpha } }: JudgementScope): TemplateResult =>
    html`<tr>
      <th scope="row">${who}</th>
      ${[kappa, alpha].map(
        (figure) =>
          html`<td title=${figure.value === null ? t('No value: {0}', judgementText.undefinedWhen) : ''}>
            ${figureText(figure)}
          </td>`,
      )}
      <td>${counted(rollouts, 'rollout')}</td>
    </tr>`;
  return html`<h2>${t('Judgements of steps')}</h2>
    <p class="muted">${judgementText.about} ${t('In brackets the 95 % interval over rollouts.')}</p>
    <table class="judgements" aria-label=${t('Agreement on judgements')}>
      <tr>
        <th scope="col">${t('Who')}</th>
        <th scope="col">${t('Cohen’s κ')}</th>
        <th scope="col">${t('Krippendorff’s α')}</th>
        <th scope="col">${t('Judged by both')}</th>
      </tr>
      ${row(t('all'), people)} ${pairs.map((pair) => row(`${pair.a}, ${pair.b}`, pair))}
      ${errors.map((one) => row(t('error: {0}', one.error), one))}
    </table>`;
}

const bones = Array.from({ length: 3 }, () => html`<div class="skeleton"></div>`);
