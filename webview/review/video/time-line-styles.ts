import { css } from 'lit';

export const timeLineStyles = css`
  :host {
    display: block;
    padding: 0 8px 4px;
  }
  .view {
    position: relative;
    overflow: auto hidden;
    border: 1px solid var(--border);
    border-radius: 2px;
  }
  .track {
    position: relative;
    cursor: pointer;
    touch-action: none;
    overflow: clip;
  }
  .sound {
    height: 32px;
    border-bottom: 1px solid var(--border);
  }
  .sound.none,
  .fault {
    min-height: 18px;
    font-size: 11px;
  }
  .sound.none {
    height: auto;
  }
  wave-form,
  .sound p,
  .fault p {
    position: sticky;
    left: 0;
  }
  wave-form {
    height: 100%;
  }
  .sound p,
  .fault p {
    width: max-content;
    max-width: 100%;
    margin: 0;
    padding: 0 4px;
  }
  /* A row for every phase, filled or not, so that labelling moves nothing. */
  .phase {
    position: relative;
    height: 15px;
  }
  .phase.current {
    background: color-mix(in srgb, var(--phase) 12%, transparent);
  }
  .phase .span {
    position: absolute;
    height: 100%;
    min-width: 4px;
    padding: 0 5px;
    overflow: clip;
    font-size: 9px;
    line-height: 13px;
    white-space: nowrap;
  }
  .phase .span span {
    position: sticky;
    left: 3px;
  }
  .span.text {
    border-style: dashed;
    background: none;
  }
  .span.under-way {
    border-style: dotted;
  }
  .edge {
    position: absolute;
    z-index: 1;
    top: 0;
    width: 9px;
    height: 100%;
    margin-left: -5px;
    cursor: ew-resize;
    touch-action: none;
  }
  .edge::after {
    content: '';
    position: absolute;
    inset: 0 3px;
    background: var(--phase);
  }
  .edge.text::after {
    background: none;
  }
  .edge:hover::after,
  .edge:focus-visible::after {
    background: var(--vscode-focusBorder);
  }
  .head,
  .tick {
    position: absolute;
    top: 0;
    pointer-events: none;
  }
  .head {
    z-index: 2;
    bottom: 0;
    width: 2px;
    margin-left: -1px;
    background: var(--vscode-editorCursor-foreground, var(--vscode-foreground));
    outline: 1px solid var(--vscode-editor-background);
  }
  .head:focus-visible {
    outline: 2px solid var(--vscode-focusBorder);
  }
  .tick {
    width: 1px;
    height: 6px;
    background: var(--vscode-textLink-foreground);
  }
  .note {
    position: absolute;
    z-index: 1;
    top: 0;
    min-width: 9px;
    height: 10px;
    padding: 0;
    border-radius: 0 5px 5px 5px;
    background: var(--vscode-editorCommentsWidget-unresolvedBorder, var(--vscode-foreground));
    border: 1px solid var(--vscode-editor-background);
  }
  .note:hover:not(:disabled) {
    background: var(--vscode-focusBorder);
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px;
    padding-top: 2px;
  }
  .tools button {
    display: inline-flex;
    padding: 3px;
  }
  .tools button[aria-pressed='true'] {
    color: var(--vscode-inputOption-activeForeground);
    background: var(--vscode-inputOption-activeBackground);
    border-color: var(--vscode-inputOption-activeBorder, transparent);
  }
  .tools .name {
    padding: 0 6px 0 2px;
  }
  .tools .gap {
    flex: 1;
  }
`;
