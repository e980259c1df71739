import { css, type CSSResultGroup } from 'lit';
import { listPageLook } from '../ui/page-styles.ts';
import { sharedStyles, thinProgress } from '../ui/shared-styles.ts';

/** The page's frame: the list left and the figures right; in a narrow panel the list is above. */
export const appStyles: CSSResultGroup = [
  sharedStyles,
  listPageLook,
  thinProgress,
  css`
    aside header,
    .bar {
      padding: 6px 12px;
    }
    h1 {
      margin: 0 auto 0 0;
      font-size: 1em;
      font-weight: 600;
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
      max-width: 52ch;
    }
    .empty h1 {
      margin: 0;
    }
    .bones {
      grid-template-rows: 120px 160px 120px;
      gap: 12px;
      padding: 12px;
    }
  `,
];
