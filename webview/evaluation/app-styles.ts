import { css, type CSSResultGroup } from 'lit';
import { sharedStyles, thinProgress } from '../ui/shared-styles.ts';

/** The page's frame: the list left and the figures right; in a narrow panel the list is above. */
export const appStyles: CSSResultGroup = [
  sharedStyles,
  thinProgress,
  css`
    :host {
      display: grid;
      grid-template-columns: minmax(180px, 260px) 1fr;
      height: 100vh;
    }
    aside,
    main {
      overflow: auto;
      min-width: 0;
    }
    aside {
      border-right: 1px solid var(--border);
    }
    aside header,
    .bar {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 12px;
      padding: 6px 12px;
    }
    h1 {
      margin: 0 auto 0 0;
      font-size: 1em;
      font-weight: 600;
    }
    label {
      display: inline-flex;
      align-items: center;
      gap: 6px;
    }
    .bar strong {
      overflow-wrap: anywhere;
    }
    .bar > :last-child {
      margin-left: auto;
    }
    /* What takes no time is over before it is seen. */
    .scoring {
      animation: appear 0s 300ms both;
    }
    progress {
      width: 160px;
      height: 6px;
    }
    .problem {
      margin: 4px 12px;
    }
    .empty {
      grid-column: 1 / -1;
      place-self: center;
      max-width: 52ch;
      padding: 20px;
      text-align: center;
    }
    .empty h1 {
      margin: 0;
    }
    .bones {
      grid-column: 1 / -1;
      display: grid;
      grid-template-rows: 120px 160px 120px;
      gap: 12px;
      padding: 12px;
    }
    @media (max-width: 620px) {
      :host {
        grid-template: auto 1fr / 1fr;
      }
      aside {
        max-height: 30vh;
        border-right: 0;
        border-bottom: 1px solid var(--border);
      }
    }
  `,
];
