/** The looks that several pages have: where their parts stand, and which of them scrolls. */
import { css } from 'lit';

/** A page of headings and texts that scrolls as a whole; its header has the title left and what can be done right. */
export const pageLook = css`
  :host {
    display: block;
    height: 100vh;
    overflow: auto;
    padding: 6px 12px 20px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
  }
  h1,
  h2 {
    margin: 14px 0 4px;
    font-size: 1em;
    font-weight: 600;
  }
  header h1 {
    margin: 0 auto 0 0;
  }
`;

/** A page with its list left and what is chosen in it right; in a narrow panel the list is above. */
export const listPageLook = css`
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
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .empty {
    grid-column: 1 / -1;
    place-self: center;
    padding: 20px;
    text-align: center;
  }
  .bones {
    grid-column: 1 / -1;
    display: grid;
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
`;
