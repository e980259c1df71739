/** Dates and times as people read them, everywhere in one form and in their own time zone. Pure. */

const day = { dateStyle: 'medium' } as const;

/** "30 Nov 2026" */
export const dayText = (at: string | number): string => new Date(at).toLocaleDateString('en-GB', day);

/** "30 Nov 2026, 06:48" */
export const momentText = (at: string | number): string =>
  new Date(at).toLocaleString('en-GB', { ...day, timeStyle: 'short' });

/** "06:48:05": for what was just now. */
export const clockText = (at: string | number): string => new Date(at).toLocaleTimeString('en-GB');
