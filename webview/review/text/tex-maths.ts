import katex from 'katex';
import { texOf } from './maths.ts';

/**
 * One formula: its source as text, and once it comes near to what is seen, MathML in place of that, which the browser draws. What is no
 * LaTeX stays as it is written. `display` is an attribute where it stands on a line of its own.
 */
export class TexMaths extends HTMLElement {
  connectedCallback(): void {
    watch.observe(this);
  }

  disconnectedCallback(): void {
    watch.unobserve(this);
  }

  /** With its delimiters. */
  set source(source: string) {
    this.textContent = source;
    // It may stand for a formula of another text by now.
    if (this.shadowRoot) this.draw();
  }

  draw(): void {
    watch.unobserve(this);
    const drawn = mathMl(this.textContent);
    this.toggleAttribute('drawn', drawn !== null);
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [styles];
    root.replaceChildren(drawn ?? document.createElement('slot'));
  }
}

const styles = new CSSStyleSheet();
styles.replaceSync(`
  math {
    font-size: 1.1em;
  }
  /* MathML of browsers draws no frame of itself. */
  menclose[notation~='box'] {
    padding: 2px 4px;
    border: 1px solid;
  }
`);

const watch = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen) if (isIntersecting) (target as TexMaths).draw();
  },
  { scrollMargin: '300px' },
);

customElements.define('tex-maths', TexMaths);

/** What KaTeX draws by an inline style, which the page's policy refuses, is drawn without. */
const macros = { '\\pmb': '\\boldsymbol{#1}', '\\fcolorbox': '\\boxed{#3}' };

/** The colour of what KaTeX refuses to draw, by which that is known. */
const refused = 'refused';

/** Null of what is no LaTeX. It may name no address, class or style, and its macros expand a thousand times at most. */
function mathMl(source: string): Element | null {
  const { tex, display } = texOf(source);
  const place = document.createElement('span');
  try {
    katex.render(tex, place, {
      displayMode: display,
      output: 'mathml',
      trust: false,
      strict: 'ignore',
      maxSize: 20,
      maxExpand: 1000,
      errorColor: refused,
      macros: { ...macros },
    });
  } catch {
    return null;
  }
  // It writes the name of what it may not draw and leaves out the rest.
  return place.querySelector(`[mathcolor="${refused}"]`) ? null : place;
}
