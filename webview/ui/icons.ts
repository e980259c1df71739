/** The few pictures on our buttons, drawn in the text's colour. */
import { svg, type SVGTemplateResult } from 'lit';
import type { TemplateResult } from 'lit';
import { html } from './html.ts';

const drawn = (path: SVGTemplateResult): TemplateResult =>
  html`<svg
    width="16"
    height="16"
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    stroke-width="1.4"
    aria-hidden="true"
  >
    ${path}
  </svg>`;

export const icons = {
  play: drawn(svg`<path d="M4 2.5v11l9-5.5z" fill="currentColor" />`),
  pause: drawn(svg`<path d="M5 3v10M11 3v10" stroke-width="2.5" />`),
  sound: drawn(svg`<path d="M2 6v4h3l3.5 3V3L5 6zM11 5.5c1.3 1.3 1.3 3.7 0 5M13 3.5c2.5 2.5 2.5 6.5 0 9" />`),
  silent: drawn(svg`<path d="M2 6v4h3l3.5 3V3L5 6zM11 6l4 4M15 6l-4 4" />`),
  undo: drawn(svg`<path d="M6 3L2.5 6.5L6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7" />`),
  redo: drawn(svg`<path d="M10 3l3.5 3.5L10 10M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9" />`),
  comment: drawn(svg`<path d="M2 2.5h12v8.5H8l-3.5 3V11H2z" />`),
  next: drawn(svg`<path d="M3 3l5 5l-5 5M12.5 3v10" />`),
  back: drawn(svg`<path d="M10.5 3l-5 5l5 5" />`),
  flag: drawn(svg`<path d="M4 14V2.5h8.5l-2 3l2 3H4" />`),
  tag: drawn(svg`<path d="M2.5 2.5h5l6 6l-5 5l-6-6zM5.3 5.3v.1" />`),
  skip: drawn(svg`<path d="M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M3.8 3.8l8.4 8.4" />`),
  history: drawn(svg`<path d="M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M8 4.5V8l2.5 1.5" />`),
  loop: drawn(
    svg`<path d="M10.5 1.5l2 2l-2 2M12.5 3.5H5a3 3 0 0 0-3 3V8M5.5 14.5l-2-2l2-2M3.5 12.5H11a3 3 0 0 0 3-3V8" />`,
  ),
  span: drawn(svg`<path d="M3 3v10M13 3v10M3 8h10" />`),
  split: drawn(svg`<path d="M8 2v12M2 8h4M10 8h4M2 5v6M14 5v6" />`),
  clear: drawn(svg`<path d="M4 4l8 8M12 4l-8 8" />`),
  closer: drawn(svg`<path d="M10 10l4 4M4.5 7h5M7 4.5v5M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10" />`),
  farther: drawn(svg`<path d="M10 10l4 4M4.5 7h5M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10" />`),
  whole: drawn(svg`<path d="M2 3v10M14 3v10M4.5 8h7M6.5 6l-2 2l2 2M9.5 6l2 2l-2 2" />`),
  unfolded: drawn(svg`<path d="M3.5 6l4.5 4.5L12.5 6" />`),
  folded: drawn(svg`<path d="M6 3.5l4.5 4.5L6 12.5" />`),
  outline: drawn(svg`<path d="M2 3.5h12M5 8h9M8 12.5h6" />`),
  guidelines: drawn(
    svg`<path d="M8 4C6.5 2.8 4.5 2.5 2 2.5V12c2.5 0 4.5.3 6 1.5c1.5-1.2 3.5-1.5 6-1.5V2.5c-2.5 0-4.5.3-6 1.5v9.5" />`,
  ),
  rendered: drawn(svg`<path d="M1.5 12V4.5L5 9l3.5-4.5V12M12.5 4v7.5M10.5 9.5l2 2.5l2-2.5" />`),
  compact: drawn(svg`<path d="M2 2.5h12M2 6.2h12M2 9.8h12M2 13.5h12" />`),
  correct: drawn(svg`<path d="M2.5 13.5l.8-3.2L10.7 3l2.4 2.4l-7.4 7.3z" />`),
  submit: drawn(svg`<path d="M2.5 8.5L6 12M5.5 8.5L9 12L15 5" />`),
  reopen: drawn(svg`<path d="M3 8a5 5 0 1 0 2-4M5 1v3.5h3.5" />`),
  accept: drawn(svg`<path d="M2.5 8.5L6.5 12.5L13.5 4" />`),
  warning: drawn(svg`<path d="M8 2L14.5 13.5h-13zM8 6.5v3.5M8 11.3v1" />`),
} as const;
