/** A text that scrolls, as shares of its whole height. Pure. */
import { verdictSigns, type Step } from '../judge/steps.ts';

/** What of it is in view. */
export interface View {
  top: number;
  /** How much: 1 where all of it is. */
  share: number;
}

/** A phase, and the sign of what is said of it. */
export interface Stretch {
  phase: number;
  from: number;
  to: number;
  sign: string | null;
}

/** How an element is scrolled, in pixels. */
interface Scrolled {
  scrollTop: number;
  clientHeight: number;
  scrollHeight: number;
}

export function viewOf({ scrollTop, clientHeight, scrollHeight }: Scrolled): View {
  return { top: scrollTop / scrollHeight, share: clientHeight / scrollHeight };
}

/** The nearest to `top` that the view can begin at. */
export function scrolledTo(top: number, { share }: View): number {
  return Math.max(0, Math.min(top, 1 - share));
}

/** How far down the view one reads: at its top where the text begins, at its bottom where it ends, so that one comes to every place. */
export function readingLine({ top, share }: View): number {
  return share < 1 ? top / (1 - share) : 0;
}

/** The phases that have text, one from where the other ends; `shareAt` says where an offset is. */
export function stretchesOf(steps: readonly Step[], shareAt: (offset: number) => number): Stretch[] {
  const drawn = steps.filter(({ start, end }) => end > start);
  const begins = [...drawn.map(({ start }) => (start === 0 ? 0 : shareAt(start))), 1];
  return drawn.map(({ phase, said, moved }, i) => ({
    phase,
    from: begins[i],
    to: begins[i + 1],
    sign: said && !moved ? verdictSigns[said.verdict] : null,
  }));
}
