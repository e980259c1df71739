import type { Locator } from 'playwright-core';

/** Clicks into a text just before these words, as a person puts the caret there. Throws when the text lacks them. */
export async function clickBefore(text: Locator, words: string): Promise<void> {
  await text.click({ position: await pointBefore(text, words) });
}

/** The point just before these words, from the text's corner, in pixels. */
export async function pointBefore(text: Locator, words: string): Promise<{ x: number; y: number }> {
  return text.evaluate((body, words) => {
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    let at = body.textContent.indexOf(words);
    for (let node = walker.nextNode(); at >= 0 && node; node = walker.nextNode()) {
      const { length } = node.textContent ?? '';
      if (at < length) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const { left, top, height } = range.getBoundingClientRect();
        const origin = body.getBoundingClientRect();
        return { x: left - origin.left + 1, y: top - origin.top + height / 2 };
      }
      at -= length;
    }
    throw new Error(`“${words}” is not in the text.`);
  }, words);
}
