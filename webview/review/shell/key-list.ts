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
      `click, arrows, ${shownKeys(`${wordKey()}+arrows`)}`,
      'put the caret in the text; move it to where a boundary can be',
    ],
    [phases.map(({ key }) => key).join(' '), `${phases.map(({ name }) => name).join(', ')} starts at the caret`],
    ['drag', 'move a boundary; with Alt to any character'],
    ['Enter, Delete', 'accept or refuse the one suggested boundary that is chosen'],
  ],
  Comments: [
    [shownKeys(`Shift+Up Shift+Down ${wordKey()}+Shift+arrows`), 'select text from the caret, to comment on it'],
    [chord('submitAndNext'), 'save the comment; Esc goes back to the text and keeps the draft'],
    ['Up, Down, Enter', 'go to another comment in the list; go to its place'],
  ],
  Panel: [['click on a tag', 'fold or unfold its block']],
  Grounding: [['arrows on an edge', 'move it by one frame, with Shift by ten; or drag it']],
});

const titles: Record<string, string> = { Grounding: 'What a phase talks about' };

/** The keys in force, by group. */
function keyTable(keys: Keys, phases: readonly Phase[]): [title: string, rows: [keys: string, does: string][]][] {
  const fixed = others(phases);
  const chords = Object.values(reviewChords);
  const groups = [...new Set(keyNames.map((name) => reviewKeys[name].group))];
  return groups.map((group) => [
    titles[group] ?? group,
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
    return html`<dialog aria-label="Keys" tabindex="-1" @keydown=${key}>
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
      <p class="muted">The setting <code>rolloutLab.keys</code> changes these keys, Keyboard Shortcuts the chords.</p>
      <form method="dialog">
        <p><vscode-button @click=${() => this.toggle()}>Close</vscode-button></p>
      </form>
    </dialog>`;
  }
}
