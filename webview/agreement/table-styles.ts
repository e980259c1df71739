import { css } from 'lit';

/** A table of figures under its heading; one that is too wide is scrolled. */
export const tableStyles = css`
  h2 {
    margin: 14px 0 4px;
    font-size: 1em;
    font-weight: 600;
  }
  p {
    max-width: 80ch;
    margin: 4px 0;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 2px 12px 2px 0;
    text-align: right;
    font-weight: inherit;
    white-space: nowrap;
  }
  th[scope='row'],
  th:first-child {
    max-width: 40ch;
    overflow: hidden;
    text-align: left;
    text-overflow: ellipsis;
  }
  .dataset th {
    padding-left: 1.5em;
  }
`;
