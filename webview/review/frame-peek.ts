import type { TemplateResult } from 'lit';
import type { Strip } from '../../src/protocol/review.ts';
import { html } from '../ui/html.ts';

/** A second of the video, and where its picture is shown, in pixels. */
export interface Peeked {
  seconds: number;
  left: number;
  top: number;
}

/** The frame of the video of `duration` seconds at a time the pointer is over. */
export function framePeek(
  { seconds, left, top }: Peeked,
  { url, tiles, aspect }: Strip,
  duration: number,
): TemplateResult {
  const tile = Math.min(Math.floor((seconds / duration) * tiles), tiles - 1);
  const place = `left: ${left}px; top: ${top}px; aspect-ratio: ${aspect}`;
  const picture = `background: url("${url}") ${(100 * tile) / (tiles - 1)}% 0 / ${100 * tiles}% 100%`;
  return html`<div class="peek" aria-hidden="true" .style=${`${place}; ${picture}`}></div>`;
}
