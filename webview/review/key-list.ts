import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { Phase } from '../../src/domain/phase.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

const keyTable = (phases: readonly Phase[]): [title: string, rows: [keys: string, does: string][]][] => [
  [
    'Label',
    [
      ['click, arrows', 'put the caret in the text (Ctrl: by token)'],
      ['Enter', 'the next phase starts at the caret, or where playback is'],
      [phases.map(({ key }) => key).join(' '), `${phases.map(({ name }) => name).join(', ')} starts at the caret`],
      ['[ ]', 'choose a boundary; arrows nudge it, Shift by ten, Esc leaves it'],
      ['drag', 'move a boundary over the text; Alt stops inside a token'],
      ['Alt+A, Alt+X', 'accept, refuse the whole suggestion'],
      ['Enter, Delete', 'on a suggested boundary: accept, refuse it alone'],
      ['Ctrl+Z, Ctrl+Shift+Z', 'undo, redo'],
    ],
  ],
  [
    'Queue',
    [
      ['Ctrl+Enter', 'submit the label, and next'],
      ['S', 'skip with a reason, and next'],
      ['F', 'flag, for everyone to see; again: take the flag down'],
      ['N', 'next of the queue chosen above'],
      ['B', 'back to what was shown before'],
    ],
  ],
  [
    'Video',
    [
      ['Space, K', 'play or pause'],
      ['J L', 'play backwards, forwards; again: faster'],
      ['Shift+arrows', 'one second back, forward'],
      [', .', 'one frame back, forward'],
      ['G', 'go to the time at the caret'],
      ['T', 'type a time to go to: 0:03.20, 3.2 or 93f'],
      ['R', 'play the phase at the caret over and over'],
      ['M', 'sound on or off'],
      ['+ - 0', 'timeline closer, farther, whole (Ctrl+wheel)'],
    ],
  ],
  [
    'What a phase talks about',
    [
      ['V, then V', 'from here to here in the video, for the phase at the caret; Esc gives up'],
      ['arrows on an edge', 'move it by a frame, Shift by ten; or drag it'],
      ['X', 'the next phase goes on from here'],
      ['Delete', 'clear the span'],
    ],
  ],
  [
    'Panel',
    [
      ['A', 'the group’s completions side by side, or one'],
      ['O', 'the labels of others beside yours, or one'],
      ['?', 'this list'],
    ],
  ],
];

/** The list of keys, over the page. */
@customElement('key-list')
export class KeyList extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      dialog {
        color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
        background: var(--vscode-editorWidget-background);
        border: 1px solid var(--vscode-editorWidget-border, var(--border));
        border-radius: 4px;
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

  @property({ attribute: false }) phases: readonly Phase[] = [];

  @query('dialog') private dialog!: HTMLDialogElement;

  /** Opens the list, or closes it. */
  toggle(): void {
    if (this.dialog.open) this.dialog.close();
    else this.dialog.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog aria-label="Keys">
      ${keyTable(this.phases).map(
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
      <form method="dialog">
        <p><vscode-button @click=${() => this.toggle()}>Close</vscode-button></p>
      </form>
    </dialog>`;
  }
}
