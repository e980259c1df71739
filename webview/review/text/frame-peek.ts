import type { TemplateResult } from 'lit';
import { html } from '../../ui/html.ts';
import type { Picture } from '../video/media-data.ts';

/** A second of the video, and where its picture is shown, in pixels. */
export interface Peeked {
  seconds: number;
  left: number;
  top: number;
}

/** The picture of the frame at a time the pointer is over. */
export function framePeek({ left, top }: Peeked, { strip, tile }: Picture): TemplateResult {
  const { url, tiles, aspect } = strip;
  const place = `left: ${left}px; top: ${top}px; aspect-ratio: ${aspect}`;
  const picture = `background: url("${url}") ${(100 * tile) / (tiles - 1)}% 0 / ${100 * tiles}% 100%`;
  return html`<div class="peek" aria-hidden="true" .style=${`${place}; ${picture}`}></div>`;
}
