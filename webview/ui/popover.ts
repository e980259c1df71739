/** A `details` element that lies over the page: it closes by Escape, and when the focus goes elsewhere. */

export function closeByKey(event: KeyboardEvent): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (event.key !== 'Escape' || !details.open) return;
  details.open = false;
  details.querySelector('summary')?.focus();
  event.stopPropagation();
}

export function closeWhenLeft(event: FocusEvent): void {
  const details = event.currentTarget as HTMLDetailsElement;
  // Of a row that is moved, the focus goes nowhere for a moment.
  if (event.relatedTarget !== null && !details.contains(event.relatedTarget as Node)) details.open = false;
}
