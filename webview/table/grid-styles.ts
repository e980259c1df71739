import { css, type CSSResultGroup } from 'lit';
import { sharedStyles } from '../ui/shared-styles.ts';

/** Rows and head share their tracks; the head stays, and goes sideways with the rows. */
export const gridStyles: CSSResultGroup = [
  sharedStyles,
  css`
    :host {
      display: block;
      min-height: 0;
    }
    .grid {
      height: 100%;
      overflow: auto;
      overflow-anchor: none;
      font-variant-numeric: tabular-nums;
    }
    .grid:focus-visible {
      outline-offset: -1px;
    }
    .head {
      position: sticky;
      top: 0;
      z-index: 1;
      min-width: var(--wide);
      height: 28px;
      background: var(--vscode-editor-background);
      border-bottom: 1px solid var(--border);
    }
    [role='row'] {
      display: grid;
      grid-template-columns: var(--tracks);
      min-width: var(--wide);
      width: 100%;
    }
    .head [role='row'] {
      height: 28px;
      align-items: center;
    }
    [role='columnheader'] {
      padding: 0 6px;
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
      color: var(--muted);
    }
    [role='columnheader'] button {
      max-width: 100%;
      overflow: hidden;
      padding: 2px 0;
      /* So that it stands where its cells do. */
      border-inline: 0;
      text-overflow: ellipsis;
      color: inherit;
    }
    [role='columnheader'] button:focus-visible {
      outline-offset: -1px;
    }
    [aria-sort='ascending'],
    [aria-sort='descending'] {
      color: var(--vscode-foreground);
      font-weight: 600;
    }
    .chip {
      display: inline;
      margin-right: 4px;
    }
    .space {
      position: relative;
      min-width: var(--wide);
      contain: layout style;
    }
    .row {
      position: absolute;
      top: 0;
      left: 0;
      height: 24px;
      line-height: 24px;
      contain: strict;
      cursor: default;
    }
    .row.odd {
      background: var(--vscode-tree-tableOddRowsBackground, transparent);
    }
    .row:hover {
      color: var(--vscode-list-hoverForeground, inherit);
      background: var(--vscode-list-hoverBackground);
      outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
      outline-offset: -1px;
    }
    .row[aria-selected='true'] {
      color: var(--vscode-list-inactiveSelectionForeground, inherit);
      background: var(--vscode-list-inactiveSelectionBackground);
      outline: 1px dotted var(--vscode-contrastActiveBorder, transparent);
      outline-offset: -1px;
    }
    .row.active {
      outline: 1px solid var(--border);
      outline-offset: -1px;
    }
    .grid:focus .row.active {
      outline-color: var(--vscode-list-focusOutline, var(--vscode-focusBorder));
    }
    [role='gridcell'] {
      padding: 0 6px;
      /* Not hidden: that makes each cell one that can be scrolled, and costs a third of a frame. */
      overflow: clip;
      text-overflow: ellipsis;
      white-space: pre;
    }
    .number {
      text-align: right;
    }
    .number + :not(.number) {
      padding-left: 18px;
    }
    .tick {
      text-align: center;
      cursor: pointer;
    }
    .none {
      grid-column: 2 / -1;
    }
    .right {
      color: var(--vscode-charts-green);
    }
    .wrong {
      color: var(--vscode-testing-iconFailed, var(--vscode-errorForeground));
    }
  `,
];
