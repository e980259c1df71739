/** The order in which completions of a group stand side by side. */
import type { GroupOrder, Member } from '../../../src/protocol/review.ts';

/** Completions side by side at most: of more, none is wide enough to read. */
export const sideBySide = 8;

/** Members highest first by `order`, those without the value last; equal ones as generated. Numbers count from 1 as the group strip's do. */
export function ordered(members: readonly Member[], order: GroupOrder): { member: Member; number: number }[] {
  const numbered = members.map((member, index) => ({ member, number: index + 1 }));
  if (order === 'as generated') return numbered;
  const value = ({ member }: { member: Member }): number => member[order] ?? -Infinity;
  return numbered.sort((a, b) => (value(a) === value(b) ? 0 : value(b) - value(a)));
}

/** Why nothing is learned from a group whose completions all earned the same. */
export function vanishingText(members: readonly Member[]): string {
  const reward = members[0]?.reward?.toFixed(2) ?? 'the same';
  const same = `all ${members.length} earned ${reward}, so nothing is learned here`;
  if (members.every(({ correct }) => correct?.right === true)) return `${same}: the prompt is too easy for this policy`;
  if (members.every(({ correct }) => correct?.right === false))
    return `${same}: none is right, so the prompt is too hard for it without a hint`;
  return same;
}
