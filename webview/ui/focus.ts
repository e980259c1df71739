/** The element that has focus, within whichever components. */
export function focused(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element instanceof HTMLElement ? element : null;
}

/** Whether keys write into a field. */
export function isTyping(): boolean {
  const element = focused();
  if (element instanceof HTMLTextAreaElement) return true;
  return element instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(element.type);
}

/** Whether the page has focus and none of its elements: the one that had it is gone. */
export function focusIsLost(): boolean {
  return document.hasFocus() && document.activeElement === document.body;
}

/** Keeps Tab in a modal dialog: at its ends the browser would go on to the window around the page. */
export function keepTab(dialog: HTMLDialogElement, event: KeyboardEvent): void {
  if (event.key !== 'Tab') return;
  const stops = [...dialog.querySelectorAll<HTMLElement>('button, input, vscode-button')];
  const [end, start] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  const active = (dialog.getRootNode() as ShadowRoot).activeElement;
  if (active !== end && !(active === dialog && event.shiftKey)) return;
  event.preventDefault();
  start?.focus();
}
