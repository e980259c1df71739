/** Tags: short words that people put on rollouts, such as "hack", to find them again. */

export const tagChanges = ['tagged', 'untagged'] as const;
export type TagChange = (typeof tagChanges)[number];

/** In code points. */
const longestTag = 60;

/** A tag as it is kept: with small letters and single spaces, so that "Hack" and "hack " are one. Throws RangeError on one that says nothing, or is too long. */
export function tagOf(text: string): string {
  const tag = text.normalize('NFC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
  const fault = tagFault(tag);
  if (fault !== null) throw new RangeError(fault);
  return tag;
}

/** Why a text can be no tag; null when it can. */
export function tagFault(text: string): string | null {
  if (!/[\p{L}\p{N}\p{S}]/u.test(text)) return 'a tag has at least one letter, digit or sign';
  if ([...text.trim()].length > longestTag) return `a tag has at most ${longestTag} characters: say more in a comment`;
  return null;
}
