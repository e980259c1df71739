import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { counted } from '../../../src/domain/counted.ts';
import { differenceOf, type DifferencePart } from '../../../src/domain/difference.ts';
import { plainText } from '../../../src/domain/plain-text.ts';
import { html } from '../../ui/html.ts';
import { kept } from '../../ui/kept.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';

/** A text with what was inserted and deleted against another one, which is seen without its colour and heard. */
@customElement('text-difference')
export class TextDifference extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        flex: 1;
        min-height: 0;
        margin: 8px 12px;
        border: 1px solid var(--border);
        border-radius: 2px;
      }
      section {
        height: 100%;
        padding: 3px 6px;
        overflow: auto;
      }
      p {
        margin: 0 0 4px;
      }
      div {
        line-height: 1.6;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      ins,
      del {
        border-radius: 2px;
        unicode-bidi: isolate;
      }
      ins {
        background: var(--vscode-diffEditor-insertedTextBackground);
        outline: 1px solid var(--vscode-diffEditor-insertedTextBorder, transparent);
      }
      del {
        background: var(--vscode-diffEditor-removedTextBackground);
        outline: 1px dashed var(--vscode-diffEditor-removedTextBorder, transparent);
      }
    `,
  ];

  @property() original = '';
  @property() changed = '';
  readonly #difference = kept(differenceOf);

  override render(): TemplateResult {
    const parts = this.#difference(this.original, this.changed);
    return html`<section aria-label=${t('Difference from the completion')} tabindex="0">
      <p class="muted">${countText(parts)}</p>
      <div dir="auto">${parts.map(drawn)}</div>
    </section>`;
  }
}

/** A change says what it is in words, too; a line break that was changed has a sign. */
function drawn({ kind, text }: DifferencePart): TemplateResult {
  if (kind === 'same') return html`<span .textContent=${plainText(text)}></span>`;
  // A line break at its end stands after it, or its outline would go on in the next line.
  const [, body, after] = /^(.*?)(\n?)$/su.exec(plainText(text).replaceAll('\n', '↵\n'))!;
  const end = kind === 'inserted' ? t('end of insertion') : t('end of deletion');
  const said = html`<span class="spoken">${kind === 'inserted' ? t('inserted:') : t('deleted:')} </span
    ><span .textContent=${body}></span><span class="spoken">, ${end}. </span>`;
  const change = kind === 'inserted' ? html`<ins>${said}</ins>` : html`<del>${said}</del>`;
  return html`${change}<span .textContent=${after}></span>`;
}

/** "2 insertions, 1 deletion". */
function countText(parts: readonly DifferencePart[]): string {
  if (parts.every(({ kind }) => kind === 'same')) return t('It says just what the completion says.');
  const countOf = (wanted: DifferencePart['kind']): number => parts.filter(({ kind }) => kind === wanted).length;
  return [counted(countOf('inserted'), 'insertion'), counted(countOf('deleted'), 'deletion')].join(', ');
}
