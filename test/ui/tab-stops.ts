import type { Frame } from 'playwright-core';
import type { Panel } from './fixture.ts';

/** A place where Tab stops. */
export interface TabStop {
  /** What a screen reader says of it first. */
  name: string;
  /** A line around it shows that it has focus. */
  ringed: boolean;
  /** It lies within the panel, and nothing else lies over it. */
  seen: boolean;
}

/** The place that has focus; null when that is none of the panel. Needs axe in the page. */
export function focusOf(page: Frame): Promise<TabStop | null> {
  return page.evaluate(() => {
    const { axe } = globalThis as unknown as {
      axe: { setup(): void; teardown(): void; commons: { text: { accessibleText(element: Element): string } } };
    };
    let at = document.hasFocus() ? document.activeElement : null;
    if (!at || at === document.body) return null;
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    axe.setup();
    const name = axe.commons.text.accessibleText(at);
    axe.teardown();
    const { outlineStyle, outlineWidth, outlineColor, pointerEvents } = getComputedStyle(at);
    const ringed = outlineStyle !== 'none' && outlineWidth !== '0px' && !outlineColor.endsWith(', 0)');
    const { left, top, right, bottom } = at.getBoundingClientRect();
    // In the middle of what of it is in the panel, from top to bottom.
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
    const [upper, lower] = [Math.max(top, 0), Math.min(bottom, innerHeight)];
    const inside = right > 0 && left < innerWidth && bottom > 0 && top < innerHeight;
    const [root, scope] = [at.getRootNode() as ShadowRoot, (at.getRootNode() as ShadowRoot).host];
    // A component's own content may stand in a slot of it.
    const isOurs = (over: Element | null): boolean => at.contains(over) || over === scope;
    const free = [0.2, 0.5, 0.8].every((part) => isOurs(root.elementFromPoint(x, upper + part * (lower - upper))));
    return { name, ringed, seen: inside && (free || pointerEvents === 'none') };
  });
}

/** Where Tab stops from the place that has focus on, until it leaves the panel. Throws when it does not leave. */
export async function tabStops(panel: Panel): Promise<TabStop[]> {
  const stops: TabStop[] = [];
  for (let stop = await focusOf(panel.page); stop; stop = await focusOf(panel.page)) {
    stops.push(stop);
    if (stops.length > 200)
      throw new Error(`Tab does not leave the panel: ${stops.map(({ name }) => name).join(', ')}`);
    await panel.press('Tab');
  }
  return stops;
}
