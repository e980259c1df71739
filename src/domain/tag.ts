/** Tags: short words that people put on rollouts, such as "hack", to find them again. */

export const tagChanges = ['tagged', 'untagged'] as const;
export type TagChange = (typeof tagChanges)[number];

/** In code points. */
const longestTag = 60;

/** With small letters and single spaces, so that "Hack" and "hack " are one. */
const asKept = (text: string): string => text.normalize('NFC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();

/** A tag as it is kept. Throws RangeError on one that says nothing, or is too long. */
export function tagOf(text: string): string {
  const fault = tagFault(text);
  if (fault !== null) throw new RangeError(fault);
  return asKept(text);
}

/** Why a text can be no tag; null when it can. */
export function tagFault(text: string): string | null {
  const tag = asKept(text);
  if (!/[\p{L}\p{N}\p{S}]/u.test(tag)) return 'a tag has at least one letter, digit or sign';
  if ([...tag].length > longestTag) return `a tag has at most ${longestTag} characters: say more in a comment`;
  return null;
}
