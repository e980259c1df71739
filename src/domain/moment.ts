/** Dates and times as people read them, everywhere in one form, in their language and their own time zone. */
import { language } from './language.ts';

const day = { dateStyle: 'medium' } as const;

/** "30 Nov 2026" */
export const dayText = (at: string | number): string => new Date(at).toLocaleDateString(language, day);

/** "30 Nov 2026, 06:48" */
export const momentText = (at: string | number): string =>
  new Date(at).toLocaleString(language, { ...day, timeStyle: 'short' });

/** "06:48:05": for what was just now. */
export const clockText = (at: string | number): string => new Date(at).toLocaleTimeString(language);
