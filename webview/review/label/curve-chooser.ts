import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { curveNames, curves, type CurveName } from '../../../src/domain/token-curve.ts';
import { html } from '../../ui/html.ts';
import { closeByKey, closeWhenLeft } from '../../ui/popover.ts';
import { floatingLook, sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

/** Which curves of the tokens are drawn, wherever a rollout has them. */
@customElement('curve-chooser')
export class CurveChooser extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      details {
        position: relative;
      }
      summary {
        padding: 1px 4px;
        cursor: pointer;
      }
      .list {
        ${floatingLook}
        bottom: 100%;
        width: max-content;
        max-height: 50vh;
        padding: 6px 10px;
      }
      label {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      p {
        margin: 0;
        max-width: 24ch;
      }
    `,
  ];

  /** Those that the rollout has. */
  @property({ attribute: false }) there: readonly CurveName[] = [];
  @property({ attribute: false }) chosen: readonly CurveName[] = [];

  override render(): TemplateResult {
    const drawn = this.chosen.filter((name) => this.there.includes(name)).length;
    return html`<details @keydown=${closeByKey} @focusout=${closeWhenLeft}>
      <summary>${t('curves')}${drawn > 0 ? ` (${drawn})` : ''}</summary>
      <div class="list" tabindex="-1" role="group" aria-label=${t('Curves of the tokens')}>
        ${
          this.there.length === 0
            ? html`<p>${t('This rollout has no numbers of its tokens: its file or its run did not keep them.')}</p>`
            : curveNames.filter((name) => this.there.includes(name)).map((name) => this.#choice(name))
        }
      </div>
    </details>`;
  }

  #choice(name: CurveName): TemplateResult {
    const isChosen = this.chosen.includes(name);
    const toggle = (): void => {
      // In their own order.
      const chosen = curveNames.filter((one) => (one === name ? !isChosen : this.chosen.includes(one)));
      act(this, { kind: 'prefer', change: { curves: chosen } });
    };
    return html`<label><input type="checkbox" .checked=${isChosen} @change=${toggle} />${curves[name].title}</label>`;
  }
}
