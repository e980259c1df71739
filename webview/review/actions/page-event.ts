/** What the page's components tell the app: one typed event, heard at the top. */
import type { PageAction } from './page-action.ts';

declare global {
  interface HTMLElementEventMap {
    action: CustomEvent<PageAction>;
  }
}

/** Tells the app. */
export function act(from: HTMLElement, action: PageAction): void {
  from.dispatchEvent(new CustomEvent('action', { detail: action, bubbles: true, composed: true }));
}
