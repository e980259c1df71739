import { css, type CSSResultGroup } from 'lit';
import { sharedStyles } from '../ui/shared-styles.ts';

/** Of what is shown of one evaluation, or of two. */
export const viewStyles: CSSResultGroup = [
  sharedStyles,
  css`
    :host {
      display: block;
    }
    section {
      padding: 0 12px 12px;
    }
    h2 {
      margin: 10px 0 2px;
      font-size: 1em;
      font-weight: 600;
      overflow-wrap: anywhere;
    }
    p {
      max-width: 90ch;
      margin: 2px 0 6px;
    }
    :host > p {
      padding: 8px 12px;
    }
    .scroll {
      overflow-x: auto;
    }
    table {
      border-spacing: 0;
      font-variant-numeric: tabular-nums;
    }
    th,
    td {
      padding: 3px 8px;
      border-bottom: 1px solid var(--border);
      text-align: right;
      white-space: nowrap;
    }
    th {
      font-weight: normal;
    }
    th:first-child {
      min-width: 14ch;
      max-width: 26ch;
      text-align: left;
      white-space: normal;
      overflow-wrap: anywhere;
    }
    thead th {
      max-width: 18ch;
      white-space: normal;
      overflow-wrap: break-word;
      vertical-align: bottom;
    }
    .dimension th {
      padding-top: 12px;
      font-weight: 600;
    }
  `,
];
