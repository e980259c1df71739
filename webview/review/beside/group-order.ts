/** The order in which completions of a group stand side by side. */
import { t } from '@vscode/l10n';
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
  const reward = members[0]?.reward?.toFixed(2) ?? t('the same');
  const same = t('all {0} earned {1}, so nothing is learned here', members.length, reward);
  if (members.every(({ correct }) => correct?.right === true))
    return t('{0}: the prompt is too easy for this policy', same);
  if (members.every(({ correct }) => correct?.right === false))
    return t('{0}: none is right, so the prompt is too hard for it without a hint', same);
  return same;
}
