import { css, type CSSResultGroup } from 'lit';
import { listPageLook } from '../ui/page-styles.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

/** The page's frame: the list left and the selected runs right; in a narrow panel the list is above. */
export const appStyles: CSSResultGroup = [
  sharedStyles,
  listPageLook,
  css`
    aside header,
    .bar {
      padding: 6px 10px;
    }
    h1,
    h2 {
      font-size: 1em;
      font-weight: 600;
      margin: 0;
    }
    aside h1 {
      margin-right: auto;
    }
    main > section {
      padding: 0 10px 10px;
    }
    .configuration {
      padding: 0 10px 4px;
      color: var(--muted);
    }
    .problem {
      margin: 4px 10px;
    }
    .charts {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(300px, 1fr));
      gap: 8px;
    }
    .lower {
      display: grid;
      grid-template-columns: minmax(260px, 1fr) minmax(260px, 2fr);
      gap: 16px;
    }
    output {
      font-variant-numeric: tabular-nums;
    }
    .scrubber {
      display: flex;
      align-items: center;
      gap: 8px;
    }
    .scrubber input {
      flex: 1;
      min-width: 60px;
    }
    ol {
      list-style: none;
      margin: 4px 0 0;
      padding: 0;
    }
    .samples button {
      display: grid;
      grid-template-columns: 3.5em 1fr;
      width: 100%;
      text-align: left;
    }
    .samples span {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .log {
      max-height: 220px;
      overflow: auto;
      font-family: var(--vscode-editor-font-family, monospace);
      font-size: var(--vscode-editor-font-size, 12px);
      overflow-wrap: anywhere;
    }
    .log div {
      white-space: pre-wrap;
    }
    .log .error {
      color: var(--vscode-errorForeground);
    }
    .log .warn {
      color: var(--vscode-editorWarning-foreground);
    }
    summary {
      cursor: pointer;
      padding: 4px 0;
      font-weight: 600;
    }
    table {
      border-spacing: 0 2px;
    }
    th {
      text-align: left;
      font-weight: normal;
      color: var(--muted);
      padding-right: 16px;
      vertical-align: top;
    }
    .empty {
      max-width: 46ch;
    }
    .bones {
      grid-template-columns: repeat(3, 1fr);
      grid-auto-rows: 170px;
      gap: 8px;
      padding: 10px;
    }
    @media (max-width: 620px) {
      .lower {
        grid-template-columns: 1fr;
      }
    }
  `,
];
