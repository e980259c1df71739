import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { Phase } from '../../../src/domain/phase.ts';
import {
  actionOf,
  defaultKeys,
  keyNames,
  keyOf,
  reviewChords,
  reviewKeys,
  type KeyName,
  type Keys,
} from '../../../src/protocol/review-keys.ts';
import { chord, shownKeys, wordKey } from '../actions/keys.ts';
import { keepTab } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { dialogLook, sharedStyles } from '../../ui/shared-styles.ts';

/** What is in no table of keys: the pointer, the caret, and the phases' digits. */
const others = (phases: readonly Phase[]): Record<string, [keys: string, does: string][]> => ({
  Label: [
    [
      t('click, arrows, {0}arrows', shownKeys(`${wordKey()}+`)),
      t('put the caret in the text; move it to where a boundary can be'),
    ],
    [phases.map(({ key }) => key).join(' '), t('{0} starts at the caret', phases.map(({ name }) => name).join(', '))],
    [t('drag'), t('move a boundary; with Alt to any character')],
    ['Enter, Delete', t('accept or refuse the one suggested boundary that is chosen')],
  ],
  Comments: [
    [
      t('{0}Up, {0}Down, {1}arrows', shownKeys('Shift+'), shownKeys(`${wordKey()}+Shift+`)),
      t('select text from the caret, to comment on it'),
    ],
    [chord('submitAndNext'), t('save the comment; Esc goes back to the text and keeps the draft')],
    ['Up, Down, Enter', t('go to another comment in the list; go to its place')],
  ],
  Panel: [[t('click on a tag'), t('fold or unfold its block')]],
  Grounding: [[t('arrows on an edge'), t('move it by one frame, with Shift by ten; or drag it')]],
});

const titles: Record<(typeof reviewKeys)[KeyName]['group'], string> = {
  Label: t('Label'),
  Judge: t('Judge'),
  'Side by side': t('Side by side'),
  Queue: t('Queue'),
  Comments: t('Comments'),
  Video: t('Video'),
  Grounding: t('What a phase talks about'),
  Panel: t('Panel'),
};

/** The keys in force, by group. */
function keyTable(keys: Keys, phases: readonly Phase[]): [title: string, rows: [keys: string, does: string][]][] {
  const fixed = others(phases);
  const chords = Object.values(reviewChords);
  const groups = [...new Set(keyNames.map((name) => reviewKeys[name].group))];
  return groups.map((group) => [
    titles[group],
    [
      ...(fixed[group] ?? []),
      ...chords.filter((one) => one.group === group).map((one): [string, string] => [shownKeys(one.keys), one.does]),
      ...keyNames
        .filter((name) => reviewKeys[name].group === group)
        .map((name): [string, string] => [shownKeys(keys[name]) || '–', reviewKeys[name].does]),
    ],
  ]);
}

/** The list of keys, over the page. */
@customElement('key-list')
export class KeyList extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      dialog {
        ${dialogLook}
        padding: 12px 20px;
      }
      h2 {
        margin: 8px 0 2px;
        font-size: 1em;
      }
      th {
        text-align: left;
        font-weight: normal;
        width: 19ch;
        white-space: nowrap;
      }
      kbd {
        border: 0;
        padding: 0;
        font: 1em var(--vscode-editor-font-family, monospace);
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) phases: readonly Phase[] = [];

  @query('dialog') private dialog!: HTMLDialogElement;

  /** Opens the list, or closes it. */
  toggle(): void {
    if (this.dialog.open) this.dialog.close();
    else {
      this.dialog.showModal();
      // Not Close, at its end: the list, so that arrows scroll it.
      this.dialog.focus();
      this.dialog.scrollTop = 0;
    }
  }

  override render(): TemplateResult {
    const key = (event: KeyboardEvent): void => {
      keepTab(this.dialog, event);
      // The page's keys rest but for the one that closes it.
      if (actionOf(this.keys, keyOf(event)) !== 'keys') event.stopPropagation();
    };
    return html`<dialog aria-label=${t('Keys')} tabindex="-1" @keydown=${key}>
      ${keyTable(this.keys, this.phases).map(
        ([title, rows]) => html`
          <h2>${title}</h2>
          <table>
            ${rows.map(
              ([key, does]) =>
                html`<tr>
                  <th scope="row"><kbd>${key}</kbd></th>
                  <td>${does}</td>
                </tr>`,
            )}
          </table>
        `,
      )}
      <p class="muted">${t('The setting {0} changes these keys, Keyboard Shortcuts the chords.', 'rolloutLab.keys')}</p>
      <form method="dialog">
        <p><vscode-button @click=${() => this.toggle()}>${t('Close')}</vscode-button></p>
      </form>
    </dialog>`;
  }
}
