import { css, type CSSResultGroup } from 'lit';
import { sharedStyles, spokenLook } from '../../ui/shared-styles.ts';

/** The page's frame: video left and reasoning right; in a narrow panel the video is above the text. */
export const appStyles: CSSResultGroup = [
  sharedStyles,
  css`
    :host {
      display: flex;
      flex-direction: column;
      height: 100vh;
      /* Above and below what stands in a row of a list. */
      --row: 4px;
      --side-line: 1.6;
    }
    :host([density='compact']) {
      --row: 1px;
      --side-line: 1.35;
    }
    main {
      flex: 1;
      display: grid;
      grid-template-columns: clamp(200px, var(--video, 40%), calc(100% - var(--others, 280px))) auto minmax(0, 1fr);
      /* The guidelines, where they are open. */
      grid-auto-columns: 24%;
      grid-auto-flow: column;
      min-height: 0;
    }
    main:has(guidelines-pane) {
      --others: calc(280px + 24%);
    }
    guidelines-pane {
      border-left: 1px solid var(--border);
    }
    section {
      display: flex;
      flex-direction: column;
      min-width: 0;
      min-height: 0;
      /* A panel too low for all of a column scrolls it. */
      overflow: hidden auto;
    }
    .right {
      container: reading / inline-size;
    }
    group-strip button {
      display: inline-flex;
      align-items: center;
      gap: 3px;
    }
    /* Their titles tell them, as in the line at the bottom. */
    @container reading (max-width: 760px) {
      group-strip kbd {
        ${spokenLook}
      }
    }
    @container reading (max-width: 620px) {
      group-strip :is(.word, kbd) {
        ${spokenLook}
      }
      group-strip button {
        padding-inline: 2px;
      }
    }
    main:has(.left[hidden]) {
      grid-template-columns: 1fr;
    }
    main:has(.left.folded) {
      grid-template-columns: 28px auto minmax(0, 1fr);
    }
    .left.folded > :not(.fold-place) {
      display: none;
    }
    button[aria-pressed='true'] {
      color: var(--vscode-inputOption-activeForeground);
      background: var(--vscode-inputOption-activeBackground);
      border-color: var(--vscode-inputOption-activeBorder, transparent);
    }
    .fold-place {
      position: relative;
      z-index: 1;
      height: 0;
    }
    .fold-place button {
      position: absolute;
      top: 4px;
      right: 2px;
      padding: 3px;
      background: color-mix(in srgb, var(--vscode-editor-background) 80%, transparent);
    }
    .fold-part svg {
      display: block;
    }
    /* It goes to the left. */
    .fold-place [aria-expanded='true'] svg {
      transform: rotate(90deg);
    }
    tas-panel {
      height: var(--weights, auto);
      min-height: 34px;
      max-height: 70%;
    }
    tas-panel[folded] {
      height: auto;
    }
    video-player,
    .reading {
      flex: 1;
    }
    .reading {
      display: flex;
      min-height: 100px;
    }
    .outlined {
      display: flex;
      flex: 1;
      min-width: 0;
      min-height: 0;
    }
    text-outline {
      flex: 0 0 clamp(14ch, 26%, 34ch);
      border-right: 1px solid var(--border);
    }
    reasoning-text {
      flex: 1;
      min-width: 0;
    }
    comment-list {
      flex: 0 0 clamp(24ch, 32%, 44ch);
      border-left: 1px solid var(--border);
    }
    @media (max-width: 1000px) {
      main {
        grid-template-rows: minmax(0, 1fr) auto;
        grid-auto-flow: row;
      }
      main:has(guidelines-pane) {
        --others: 280px;
      }
      main:has(guidelines-pane) video-player {
        min-height: 220px;
      }
      guidelines-pane {
        grid-area: 2 / 1 / 3 / -1;
        max-height: 30vh;
        border-left: 0;
        border-top: 1px solid var(--border);
      }
      .reading {
        flex-direction: column;
      }
      comment-list {
        flex: 0 1 auto;
        max-height: 50%;
        border-left: 0;
        border-top: 1px solid var(--border);
      }
    }
    @media (max-width: 640px) {
      :host {
        overflow: auto;
        /* What gets focus is scrolled to where the status line does not cover it. */
        scroll-padding-bottom: 110px;
      }
      main {
        display: block;
        flex: none;
      }
      guidelines-pane {
        max-height: 60vh;
      }
      status-line {
        position: sticky;
        bottom: 0;
        z-index: 3;
        background: var(--vscode-editor-background);
      }
      /* The page's end is out of sight here. */
      trouble-bar {
        order: -1;
        position: sticky;
        top: 0;
        z-index: 3;
        background: var(--vscode-editor-background);
      }
      .left {
        border-bottom: 1px solid var(--border);
      }
      .left.folded {
        min-height: 32px;
      }
      .outlined {
        display: block;
      }
      text-outline {
        max-height: 12em;
        border-right: 0;
        border-bottom: 1px solid var(--border);
      }
      pane-splitter {
        display: none;
      }
      tas-panel {
        height: auto;
        max-height: none;
      }
      video-player {
        flex: none;
      }
    }
    .loading {
      display: grid;
      flex: 1;
      grid: auto 1fr / 2fr 3fr;
      gap: 12px;
      padding: 12px;
    }
    .loading .header {
      grid-column: 1 / 3;
      height: 48px;
    }
    .loading .left {
      height: 50vh;
    }
    .failed {
      margin: auto;
      max-width: 60ch;
      padding: 16px;
    }
    .failed h1 {
      font-size: 1.2em;
    }
  `,
];
