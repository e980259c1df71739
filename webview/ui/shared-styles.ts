/** Styles that every component of ours starts from. Colours are the editor's variables only. */
import { css } from 'lit';

/** Declarations of what is read out and not seen, for a rule of one's own. */
export const spokenLook = css`
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
`;

export const sharedStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  button {
    font: inherit;
    color: var(--vscode-foreground);
    background: transparent;
    border: 1px solid transparent;
    border-radius: 3px;
    padding: 2px 6px;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    background: var(--vscode-toolbar-hoverBackground);
  }
  button:hover:not(:disabled, :focus-visible) {
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
  }
  button:disabled {
    color: var(--vscode-disabledForeground);
    cursor: default;
  }
  button.primary {
    color: var(--vscode-button-foreground);
    background: var(--vscode-button-background);
    border-color: var(--vscode-button-border, transparent);
  }
  button.primary:hover:not(:disabled) {
    background: var(--vscode-button-hoverBackground);
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 1px;
  }
  select,
  input[type='number'] {
    font: inherit;
    color: var(--vscode-dropdown-foreground);
    background: var(--vscode-dropdown-background);
    border: 1px solid var(--vscode-dropdown-border, var(--border));
    border-radius: 2px;
    padding: 1px 4px;
  }
  input[type='range'],
  input[type='checkbox'] {
    accent-color: var(--vscode-progressBar-background);
  }
  a {
    color: var(--vscode-textLink-foreground);
  }
  kbd {
    font: inherit;
    font-size: 0.85em;
    padding: 0 3px;
    border: 1px solid var(--border);
    border-radius: 3px;
  }
  .muted {
    color: var(--muted);
  }
  .problem {
    margin: 4px 0;
    padding: 4px 8px;
    border: 1px solid var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
    background: var(--vscode-inputValidation-errorBackground);
    color: var(--vscode-inputValidation-errorForeground, var(--vscode-foreground));
    overflow-wrap: anywhere;
  }
  .problem button {
    color: inherit;
    text-decoration: underline;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    max-width: 100%;
    padding: 0 8px;
    border: 1px solid var(--border);
    border-radius: 10px;
    background: var(--vscode-editorWidget-background);
    overflow-wrap: anywhere;
  }
  .chip button {
    margin-right: -8px;
    padding: 0 6px;
    border-radius: 10px;
  }
  /* What signs and places mean, for a screen reader. */
  .spoken {
    ${spokenLook}
  }
  /* A control character in a text whose offsets count: its sign is drawn behind it, and what it does ends with its element. */
  .control,
  .control::after {
    unicode-bidi: isolate;
  }
  .control::after {
    content: attr(data-sign);
    display: inline-block;
    direction: ltr;
    color: var(--vscode-editorWarning-foreground, var(--muted));
  }
  .skeleton {
    border-radius: 3px;
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--border);
    animation: appear 0s 200ms both;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
    to {
      visibility: visible;
    }
  }
`;

/** Declarations of a field to type into, for a rule of one's own. */
export const fieldLook = css`
  width: 100%;
  font: inherit;
  color: var(--vscode-input-foreground);
  background: var(--vscode-input-background);
  border: 1px solid var(--vscode-input-border, var(--border));
  border-radius: 2px;
  padding: 3px 6px;
`;

/** Declarations of a dialog over the page, for a rule of one's own. */
export const dialogLook = css`
  color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
  background: var(--vscode-editorWidget-background);
  border: 1px solid var(--vscode-editorWidget-border, var(--border));
  border-radius: 4px;
`;

/** The same of one that asks a question. */
export const questionLook = css`
  ${dialogLook}
  width: min(60ch, 90vw);
  margin-top: 12vh;
  padding: 10px 14px;
`;

/** Declarations of a box that floats over the page beside what opens it, for a rule of one's own. */
export const floatingLook = css`
  position: absolute;
  right: 0;
  z-index: 3;
  overflow: auto;
  border: 1px solid var(--border);
  background: var(--vscode-editorWidget-background);
  box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
`;

/** Rows of which one is shown, and of which more are ticked to stand beside it. */
export const tickedRows = css`
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  li {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 2px 8px;
    align-items: start;
    padding: 6px 8px;
    border-bottom: 1px solid var(--border);
  }
  li.selected {
    color: var(--vscode-list-inactiveSelectionForeground, inherit);
    background: var(--vscode-list-inactiveSelectionBackground);
    outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  vscode-checkbox {
    margin: 0;
  }
  /* The control takes its name from its text alone, whatever label it is given. */
  vscode-checkbox::part(label) {
    display: none;
  }
  button.name {
    display: block;
    width: 100%;
    padding: 0;
    text-align: left;
    color: inherit;
  }
`;

/** A bar of progress in the editor's colours; who shows it says how large. */
export const thinProgress = css`
  progress {
    appearance: none;
    border: 0;
    background: var(--vscode-editorWidget-background);
    outline: 1px solid var(--vscode-contrastBorder, transparent);
  }
  progress::-webkit-progress-bar {
    background: transparent;
  }
  progress::-webkit-progress-value {
    background: var(--vscode-progressBar-background);
  }
`;
