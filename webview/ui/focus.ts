/** The element that has focus, within whichever components. */
export function focused(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element instanceof HTMLElement ? element : null;
}

/** Whether the page has focus and none of its elements: the one that had it is gone. */
export function focusIsLost(): boolean {
  return document.hasFocus() && document.activeElement === document.body;
}
