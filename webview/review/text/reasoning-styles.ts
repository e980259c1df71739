import { css } from 'lit';

/** The completion's looks. Tints go under the text, phases below it as lines of three patterns. */
export const reasoningStyles = css`
  :host {
    display: block;
    overflow: auto;
    min-height: 100px;
    padding: 18px 24px 10px 16px;
    /* Between the lines, where the names of phases stand. */
    --flag: 15px;
  }
  /* At the edge of what is seen, however far the text is scrolled. */
  .beside {
    position: sticky;
    top: -18px;
    z-index: 1;
    height: 0;
    margin: -18px 0 18px;
  }
  mini-map {
    position: absolute;
    right: -21px;
    width: 18px;
  }
  .page {
    position: relative;
  }
  .completion {
    font-size: 1.1em;
    line-height: 2.3;
    overflow-wrap: anywhere;
    cursor: text;
    border-radius: 2px;
    outline-offset: 4px;
  }
  :host([density='compact']) {
    --flag: 12px;
    padding: 14px 24px 6px 12px;
  }
  :host([density='compact']) .completion {
    font-size: 1em;
    line-height: 1.6;
  }
  /* Room for a phase's name above the line in which it begins; those that a suggestion offers may stand in any line. */
  :host([density='compact']) .completion.offered {
    line-height: 2;
  }
  :host([density='compact']) .begins:not([role='button'])::before,
  :host([density='compact']) .ends > .block:last-of-type::after {
    content: '';
    display: inline-block;
    padding-top: 1.9em;
  }
  :host([density='compact']) .begins[role='button']::before {
    display: inline-block;
    padding-top: 1em;
  }
  :host([density='compact']) .flag {
    font-size: 9px;
    line-height: 10px;
  }
  /* The rules at its side are its sections. */
  .block {
    --indent: calc(var(--depth) * 12px);
    padding-left: var(--indent);
    background: repeating-linear-gradient(90deg, var(--border) 0 2px, transparent 2px 12px) 0 0 / var(--indent) 100%
      no-repeat;
  }
  /* Folded away. Its layout is kept, so that a long text is back at once. */
  .away {
    height: 0;
    overflow: clip;
    content-visibility: hidden;
  }
  .completion span {
    white-space: pre-wrap;
  }
  /* A border, because highlights paint text decorations in their own colour. */
  .labelled span {
    border-bottom: 2px var(--line) var(--phase);
    padding-bottom: 2px;
  }
  .labelled :is(.phase-3, .phase-7) {
    border-bottom-width: 3px;
    padding-bottom: 1px;
  }
  .heading-1 {
    line-height: 1.9;
  }
  .heading-2 {
    line-height: 2;
  }
  .fenced {
    line-height: 1.9;
  }
  :host([density='compact']) :is(.heading, .fenced) {
    line-height: inherit;
  }
  .labelled tex-maths {
    border-bottom: 2px var(--line) var(--phase);
  }
  .tag {
    padding: 1px 3px;
    border-radius: 3px;
    color: color-mix(in srgb, var(--vscode-foreground) 80%, transparent);
    outline: 1px solid color-mix(in srgb, var(--vscode-foreground) 18%, transparent);
    outline-offset: -1px;
    font-family: var(--vscode-editor-font-family, monospace);
    font-size: 0.85em;
  }
  .tag[role='button'] {
    cursor: pointer;
  }
  .tag[role='button']::before {
    content: '▾ ';
  }
  .tag.folded::before {
    content: '▸ ';
  }
  .tag.folded::after {
    content: ' … ' attr(data-hides);
  }
  .time {
    color: var(--vscode-textLink-foreground);
    text-decoration: underline dotted;
    text-underline-offset: 2px;
    cursor: pointer;
  }
  .time:hover {
    color: var(--vscode-textLink-activeForeground);
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .peek {
    position: absolute;
    z-index: 1;
    height: 100px;
    border: 1px solid var(--border);
    pointer-events: none;
  }
  .caret {
    position: absolute;
    top: 0;
    left: -1px;
    width: 2px;
    pointer-events: none;
    background: var(--vscode-editorCursor-foreground, var(--vscode-foreground));
    opacity: 0.45;
  }
  .completion:focus ~ .caret {
    opacity: 1;
    outline: 1px solid var(--vscode-editor-background);
  }
  .note {
    position: absolute;
    top: -0.9em;
    left: -2px;
    padding: 0;
    line-height: 1;
    color: var(--vscode-editorCommentsWidget-unresolvedBorder, var(--vscode-foreground));
  }
  .note svg {
    width: 13px;
    height: 13px;
    background: var(--vscode-editor-background);
  }
  .handle {
    position: absolute;
    top: 0;
    left: -5px;
    width: 10px;
    cursor: ew-resize;
    touch-action: none;
  }
  .handle::before {
    content: '';
    position: absolute;
    inset: -6px 4px;
    background: var(--phase);
  }
  .handle:focus-visible {
    outline: 2px solid var(--vscode-focusBorder);
  }
  .flag {
    position: absolute;
    top: calc(0px - var(--flag));
    padding: 0 4px;
    font-size: 10px;
    line-height: 13px;
    letter-spacing: 0.04em;
    text-transform: uppercase;
    white-space: nowrap;
    color: var(--vscode-foreground);
    background: var(--vscode-editor-background);
    border: 1px solid var(--phase);
    border-left-width: 4px;
    border-radius: 2px;
    user-select: none;
  }
  .handle .flag {
    margin-left: 4px;
    cursor: grab;
  }
  .ghost::before,
  .ghost .flag {
    border-style: dashed;
    opacity: 0.7;
  }
  /* A suggestion: dashed, hatched, and in words whose it is. */
  .offered::before {
    inset: -6px 3px -6px 4px;
    background: none;
    border-left: 2px dashed var(--phase);
  }
  .offered .flag {
    border-style: dashed;
    background:
      repeating-linear-gradient(135deg, color-mix(in srgb, var(--phase) 22%, transparent) 0 2px, transparent 2px 6px),
      var(--vscode-editor-background);
  }
  .flag .mark {
    text-transform: none;
    letter-spacing: 0;
  }
  .flag .mark.moved {
    opacity: 0.6;
    text-decoration: line-through;
  }
  .flag i {
    text-transform: none;
    letter-spacing: 0;
  }
  .dragging .handle,
  .dragging .flag {
    pointer-events: none;
    cursor: grabbing;
  }
  .completion::highlight(heat-1) {
    background-color: color-mix(in srgb, var(--heat) 7%, transparent);
  }
  .completion::highlight(heat-2) {
    background-color: color-mix(in srgb, var(--heat) 14%, transparent);
  }
  .completion::highlight(heat-3) {
    background-color: color-mix(in srgb, var(--heat) 21%, transparent);
  }
  .completion::highlight(heat-4) {
    background-color: color-mix(in srgb, var(--heat) 29%, transparent);
  }
  .completion::highlight(heat-5) {
    background-color: color-mix(in srgb, var(--heat) 38%, transparent);
  }
  .completion::highlight(heat-6) {
    background-color: color-mix(in srgb, var(--heat) 48%, transparent);
  }
  .completion::highlight(cold-1) {
    background-color: color-mix(in srgb, var(--cold) 7%, transparent);
  }
  .completion::highlight(cold-2) {
    background-color: color-mix(in srgb, var(--cold) 14%, transparent);
  }
  .completion::highlight(cold-3) {
    background-color: color-mix(in srgb, var(--cold) 21%, transparent);
  }
  .completion::highlight(cold-4) {
    background-color: color-mix(in srgb, var(--cold) 29%, transparent);
  }
  .completion::highlight(cold-5) {
    background-color: color-mix(in srgb, var(--cold) 38%, transparent);
  }
  .completion::highlight(cold-6) {
    background-color: color-mix(in srgb, var(--cold) 48%, transparent);
  }
  .completion::highlight(commented) {
    background-color: var(--vscode-editorCommentsWidget-rangeBackground);
    text-decoration: underline wavy 1px var(--vscode-editorCommentsWidget-unresolvedBorder, currentColor);
  }
  .completion::highlight(commented-chosen) {
    background-color: var(--vscode-editorCommentsWidget-rangeActiveBackground);
    text-decoration: underline wavy 2px var(--vscode-editorCommentsWidget-unresolvedBorder, currentColor);
  }
  /* A line of another kind for each, for those who do not see the colour. */
  .completion::highlight(judged-correct) {
    text-decoration: underline 2px var(--vscode-charts-green);
  }
  .completion::highlight(judged-wrong) {
    text-decoration: underline wavy 2px var(--vscode-charts-red);
  }
  .completion::highlight(judged-unsupported) {
    text-decoration: underline dotted 3px var(--vscode-charts-yellow);
  }
  .completion::highlight(answer) {
    background-color: var(--vscode-editor-wordHighlightBackground);
    text-decoration: underline 2px var(--vscode-foreground);
  }
  .completion::highlight(answer-chosen) {
    background-color: var(--vscode-editor-wordHighlightStrongBackground);
    text-decoration: underline 3px var(--vscode-foreground);
  }
  .completion::highlight(match) {
    background-color: var(--vscode-editor-findMatchHighlightBackground);
    text-decoration: underline 1px var(--vscode-editor-findMatchHighlightBorder, transparent);
  }
  .completion::highlight(match-chosen) {
    background-color: var(--vscode-editor-findMatchBackground);
    text-decoration: underline 2px var(--vscode-editor-findMatchBorder, transparent);
  }
  .completion::highlight(reached) {
    background-color: var(--vscode-editor-selectionBackground);
    color: var(--vscode-editor-selectionForeground);
  }
  .completion::highlight(hovered-unit) {
    background-color: color-mix(in srgb, var(--vscode-foreground) 28%, transparent);
  }
`;
