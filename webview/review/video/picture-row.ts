import { css, LitElement, svg, unsafeCSS, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { html } from '../../ui/html.ts';
import { finest, type MediaData } from './media-data.ts';

/** Of the row, in pixels. */
const height = 40;

/** Pictures along a track as long as the video. Only what is seen of it is drawn, and asked for. */
@customElement('picture-row')
export class PictureRow extends LitElement {
  static override styles = css`
    :host {
      position: relative;
      display: block;
      height: ${unsafeCSS(height)}px;
      background: var(--vscode-editorWidget-background);
    }
    svg {
      position: absolute;
      height: 100%;
    }
  `;

  @property({ attribute: false }) media!: MediaData;
  /** Rises whenever `media` has more to draw. */
  @property({ type: Number }) version = 0;
  /** Width of the track, in pixels. */
  @property({ type: Number }) track = 0;
  /** What is seen of it, in pixels. */
  @property({ attribute: false }) seen = { left: 0, width: 0 };

  override updated(): void {
    const { count, first, last } = this.#cells;
    if (first === last) return;
    const level = this.#level(count);
    const index = (cell: number): number => Math.floor(((cell + 0.5) / count) * 2 ** level);
    const places = Array.from({ length: last - first }, (_, place) => index(first + place));
    this.media.want([...new Set(places)].map((place) => ({ level, index: place })));
  }

  /** The picture of the middle of each cell; what is left over of it is cut at the edges. */
  override render(): TemplateResult[] {
    const { count, first, last } = this.#cells;
    const width = this.track / count;
    return Array.from({ length: last - first }, (_, place) => {
      const cell = first + place;
      const picture = this.media.picture((cell + 0.5) / count, this.#level(count));
      if (!picture) return html``;
      const { url, tiles, aspect } = picture.strip;
      return html`<svg
        viewBox="0 0 ${aspect} 1"
        preserveAspectRatio="xMidYMid slice"
        .style=${`left: ${cell * width}px; width: ${width}px`}
      >
        ${svg`<image href=${url} x=${-picture.tile * aspect} width=${tiles * aspect} height="1" preserveAspectRatio="none" />`}
      </svg>`;
    });
  }

  /** As many cells as fit along the track in the pictures' shape, and which of them are seen: [first, last). */
  get #cells(): { count: number; first: number; last: number } {
    const { whole } = this.media;
    const { left, width } = this.seen;
    if (!whole || width === 0) return { count: 1, first: 0, last: 0 };
    const count = Math.max(1, Math.round(this.track / (height * whole.aspect)));
    const cell = this.track / count;
    return { count, first: Math.floor(left / cell), last: Math.min(count, Math.ceil((left + width) / cell)) };
  }

  /** The level of strips whose pictures are as close to one another as the cells, or as the frames. */
  #level(count: number): number {
    const { whole, frames } = this.media;
    const closest = Math.min(count, frames.count) / (whole?.tiles ?? 1);
    return Math.min(Math.max(Math.ceil(Math.log2(closest)), 0), finest);
  }
}
