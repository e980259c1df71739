/** Several things in a sentence, in people's language. Pure. */
import { language } from './language.ts';

/** "1 edit and 2 comments", "a, b and c". */
export const listText = (parts: readonly string[]): string => new Intl.ListFormat(language).format(parts);
