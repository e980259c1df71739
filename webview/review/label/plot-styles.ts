import { css } from 'lit';

/** A plot along the completion: its axis, the bands of phases, lines that keep their width, and where the pointer is. */
export const plotStyles = css`
  .axis {
    display: flex;
    flex-direction: column;
    justify-content: space-between;
    font-size: 10px;
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
  .plot {
    position: relative;
    border: solid var(--border);
    border-width: 0 0 1px 1px;
  }
  svg {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
  }
  path {
    fill: none;
    vector-effect: non-scaling-stroke;
  }
  .band {
    position: absolute;
    top: 0;
    bottom: 0;
    border: 0;
    border-left: 1px var(--line) var(--phase);
    background: color-mix(in srgb, var(--phase) 9%, transparent);
  }
  .pointer {
    position: absolute;
    top: 0;
    bottom: 0;
    width: 1px;
    background: var(--vscode-foreground);
    pointer-events: none;
  }
`;
