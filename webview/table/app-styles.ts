import { css, type CSSResultGroup } from 'lit';
import { sharedStyles } from '../ui/shared-styles.ts';

/** The page's frame: what is asked above, the rows below with all that is left. */
export const appStyles: CSSResultGroup = [
  sharedStyles,
  css`
    :host {
      display: block;
      height: 100vh;
    }
    main {
      display: flex;
      flex-direction: column;
      height: 100%;
    }
    .asked {
      display: grid;
      flex: none;
      gap: 4px;
      padding: 6px 12px 2px;
      border-bottom: 1px solid var(--border);
    }
    rollout-grid {
      flex: 1;
    }
    /* What takes no time is over before it is seen. */
    rollout-grid.asking {
      opacity: 0.6;
      transition: opacity 0s 300ms;
    }
    .ready-made {
      display: flex;
      flex-wrap: wrap;
      gap: 2px;
    }
    .ready-made button:not(.link) {
      border-color: var(--border);
    }
    .saved {
      display: inline-flex;
    }
    .ready-made .link {
      padding: 0 6px;
    }
    .ready-made button[aria-pressed='true'],
    .bar [role='group'] button[aria-pressed='true'] {
      border-color: var(--vscode-focusBorder);
      background: var(--vscode-list-inactiveSelectionBackground);
      color: var(--vscode-list-inactiveSelectionForeground, inherit);
    }
    .spreads {
      display: flex;
      flex-wrap: wrap;
      gap: 6px 16px;
    }
    /* As high as they will be: the rows stay where they are. */
    .spreads.awaited {
      min-height: 86px;
    }
    .bar {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 2px 12px;
      min-height: 26px;
    }
    .bar [role='group'] button {
      border-color: var(--border);
    }
    .bar column-chooser {
      margin-left: auto;
    }
    /* Below the rows: they stay where they are when the first is selected. */
    .selected {
      display: flex;
      flex: none;
      flex-wrap: wrap;
      align-items: center;
      gap: 2px;
      padding: 3px 12px;
      border-top: 1px solid var(--border);
    }
    .selected strong {
      padding-right: 6px;
    }
    .selected button {
      border-color: var(--border);
    }
    button.link {
      padding: 0;
      color: var(--vscode-textLink-foreground);
    }
    .none {
      padding: 20px;
      text-align: center;
    }
    .empty {
      max-width: 52ch;
      margin: 20vh auto 0;
      padding: 0 20px;
      text-align: center;
      display: block;
      height: auto;
    }
    .empty h1 {
      margin: 0;
      font-size: 1em;
      font-weight: 600;
    }
    .bones {
      display: grid;
      grid-template-rows: 60px 90px 50vh;
      gap: 12px;
      padding: 12px;
    }
  `,
];
