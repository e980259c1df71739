import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { html } from '../../ui/html.ts';
import { columns, loudest, type Sound } from './peaks.ts';

/** Sound quieter than this is not drawn any higher. */
const quietest = 0.02;

/** A stretch of a video's sound, drawn in the text's colour on a canvas as wide as the element. */
@customElement('wave-form')
export class WaveForm extends LitElement {
  static override styles = css`
    :host {
      display: block;
      color: var(--muted);
    }
    canvas {
      display: block;
      width: 100%;
      height: 100%;
    }
  `;

  @property({ attribute: false }) sound: Sound | null = null;
  /** The stretch drawn, in seconds. */
  @property({ type: Number }) from = 0;
  @property({ type: Number }) to = 0;
  @state() private size = { width: 0, height: 0 };
  @query('canvas') private canvas!: HTMLCanvasElement;

  /** The loudest of the first `heard` peaks. */
  #loudest = quietest;
  #heard = 0;
  readonly #resized = new ResizeObserver(([{ contentRect }]) => (this.size = contentRect));
  /** The editor tells its theme in the body's class. */
  readonly #themed = new MutationObserver(() => this.requestUpdate());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    this.#themed.observe(document.body, { attributeFilter: ['class'] });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#themed.disconnect();
  }

  override render(): TemplateResult {
    return html`<canvas role="img" aria-label=${t('Waveform of the sound')}></canvas>`;
  }

  override updated(): void {
    const { canvas, sound } = this;
    const width = Math.round(this.size.width * devicePixelRatio);
    const height = Math.round(this.size.height * devicePixelRatio);
    const context = canvas.getContext('2d')!;
    // This clears it.
    [canvas.width, canvas.height] = [width, height];
    if (!sound || width === 0) return;
    const peaks = sound.values.length / 2;
    if (peaks < this.#heard) [this.#heard, this.#loudest] = [0, quietest];
    this.#loudest = Math.max(this.#loudest, loudest(sound.values, this.#heard));
    this.#heard = peaks;
    context.fillStyle = getComputedStyle(this).color;
    const drawn = columns(sound, this.from, this.to, width);
    const y = (level: number): number => (height / 2) * (1 - level / this.#loudest);
    for (let x = 0; x < width; x += 1) {
      if (Number.isNaN(drawn[2 * x])) continue;
      const top = y(drawn[2 * x + 1]);
      context.fillRect(x, top, 1, Math.max(y(drawn[2 * x]) - top, 1));
    }
  }
}
