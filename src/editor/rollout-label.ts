/** How rollouts, groups and prompts are put into a tree row's words. Pure. */
import { t } from '@vscode/l10n';
import { vanishingStd } from '../domain/advantage.ts';
import { counted } from '../domain/counted.ts';
import { correctnessMark, correctnessText } from '../domain/correctness.ts';
import { marksText, namesText, type SeenMarks } from '../domain/review.ts';
import { answerOf } from '../domain/rules/ours.ts';
import type { GroupSummary, PromptSummary, RolloutSummary } from '../store/store.ts';

/** A completion with its people as the viewer may see them. */
export type SeenRollout = Omit<RolloutSummary, keyof SeenMarks> & SeenMarks;

export interface StoreNumbers {
  prompts: number;
  rollouts: number;
  /** Prompts that the filter leaves; null without one. */
  kept: number | null;
}

/** What is known of a folder's store: nothing before it was opened. */
export type FolderState = 'unread' | 'none' | 'failed' | StoreNumbers;

/** "2 prompts · 5 rollouts", "1 of 2 prompts", "no store yet": what is known of a folder's store. */
export function folderDescription(about: FolderState): string {
  if (about === 'unread') return '';
  if (about === 'none') return t('no store yet');
  if (about === 'failed') return t('cannot be opened');
  const prompts = counted(about.prompts, 'prompt');
  return about.kept === null
    ? `${prompts} · ${counted(about.rollouts, 'rollout')}`
    : t('{0} of {1}', about.kept, prompts);
}

export function rewardText(reward: number | null): string {
  return reward === null ? t('no reward') : reward.toFixed(2);
}

/** True when all rewards of the group are the same, so that it teaches nothing; one of an evaluation is not to teach. */
export function isVanishingGroup({
  rewardStd,
  evaluationId,
}: Pick<GroupSummary, 'rewardStd' | 'evaluationId'>): boolean {
  return rewardStd !== null && rewardStd < vanishingStd && evaluationId === null;
}

/** Codicon of how far labelling is. */
export function labelIcon(labelled: number, rollouts: number): 'circle-outline' | 'color-mode' | 'pass-filled' {
  if (labelled === 0) return 'circle-outline';
  return labelled < rollouts ? 'color-mode' : 'pass-filled';
}

export function labelText(labelled: number, rollouts: number): string {
  if (rollouts === 0) return t('no rollouts yet');
  if (labelled === 0) return t('not labelled');
  return labelled < rollouts ? t('{0} of {1} rollouts labelled', labelled, rollouts) : t('labelled');
}

/** "62 % · What blinks?": what of its rollouts is right comes first, for the end of a row is cut off. */
export function promptTitle({ passRate, question }: Pick<PromptSummary, 'passRate' | 'question'>): string {
  const pass = passRate === null ? '' : `${Math.round(100 * passRate)} % · `;
  return `${pass}${excerpt(question)}`;
}

/** "best 1.00 · mean 0.46 ⚠ vanishing": of a prompt's groups, how many teach nothing. */
export function promptDescription(prompt: PromptSummary): string {
  const { bestReward, meanReward, vanishingGroups, groups } = prompt;
  const rewards = bestReward === null ? '' : t('best {0} · mean {1}', rewardText(bestReward), rewardText(meanReward));
  const vanishing =
    groups > 1 && vanishingGroups < groups ? t('vanishing {0}/{1}', vanishingGroups, groups) : t('vanishing');
  return [rewards, vanishingGroups > 0 ? `⚠ ${vanishing}` : ''].filter(Boolean).join(' ');
}

export function groupDescription(group: GroupSummary): string {
  const { rollouts, meanReward, rewardStd, evaluationId } = group;
  const count = `${evaluationId === null ? '' : `${t('evaluation')} · `}${counted(rollouts, 'rollout')}`;
  if (meanReward === null) return count;
  if (isVanishingGroup(group)) return `${count} ⚠ ${t('vanishing: all earned {0}', rewardText(meanReward))}`;
  const spread = rewardStd === null ? [] : [t('std {0}', rewardStd.toFixed(2))];
  return [count, t('mean {0}', rewardText(meanReward)), ...spread].join(' · ');
}

/** "3 ✓ B": a completion's place in its group, and the answer it gave. */
export function rolloutTitle(rollout: Answered, place: number): string {
  return `${place} ${outcome(rollout)}`;
}

/** "1.00 · ⚑ · 2 comments · hinted · So the colour is green.": what a completion earned, and what its reasoning concludes. */
export function rolloutDescription(
  rollout: Answered & Pick<SeenRollout, 'reward' | 'hinted' | 'flaggedBy' | 'openComments'>,
): string {
  return [
    rewardText(rollout.reward),
    rollout.flaggedBy.length > 0 ? '⚑' : '',
    rollout.openComments > 0 ? counted(rollout.openComments, 'comment') : '',
    rollout.hinted ? t('hinted') : '',
    conclusion(rollout.completion),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Codicon of a completion: submitted, labelled, skipped, or none of them. */
export function rolloutIcon({ labelledBy, statuses }: SeenRollout): string {
  if (statuses.some(({ status }) => status === 'submitted')) return 'verified-filled';
  if (labelledBy.length > 0) return 'pass-filled';
  return statuses.length > 0 ? 'circle-slash' : 'circle-outline';
}

/** "submitted by ana", "flagged by 2 others", "1 open comment": what is said of it apart from its label. */
function saidOf(rollout: SeenRollout): string[] {
  const { openComments } = rollout;
  return [...marksText(rollout), ...(openComments > 0 ? [counted(openComments, 'open comment')] : [])];
}

/** A completion in words, for a screen reader. */
export function rolloutSaid(rollout: SeenRollout, place: number): string {
  return [
    t('completion {0}', place),
    correctnessText(rollout.correct),
    t('answer {0}', answerOf(rollout.completion) || t('missing')),
    t('reward {0}', rewardText(rollout.reward)),
    labelText(rollout.labelledBy.length, 1),
    ...saidOf(rollout),
    rollout.hinted ? t('written with a hint') : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** "✓ B · So the colour is green.": for a row that shows the reward elsewhere. */
export function rolloutOutcome(rollout: Answered): string {
  return `${outcome(rollout)} · ${conclusion(rollout.completion)}`;
}

function outcome({ completion, correct }: Answered): string {
  const answer = answerOf(completion);
  return [correctnessMark(correct), answer ? excerpt(answer, 60) : t('no answer')].filter(Boolean).join(' ');
}

type Answered = Pick<RolloutSummary, 'completion' | 'correct'>;

/** The last sentence of the reasoning: completions of one prompt begin alike and differ in what they conclude. */
export function conclusion(completion: string, length = 160): string {
  const end = completion.lastIndexOf('<answer>');
  const reasoning = plain(completion.slice(0, end < 0 ? undefined : end).slice(-4 * length));
  return excerpt(reasoning.split(/(?<=[.!?])\s+|(?<=[。！？])(?=.)/u).at(-1)!, length);
}

function plain(text: string): string {
  return text
    .replaceAll(/<\/?\w+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The completion's beginning on one line, without its tags. */
export function excerpt(completion: string, length = 160): string {
  const text = plain(completion.slice(0, 4 * length));
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

export function rolloutTooltip(rollout: SeenRollout): string {
  const parts = Object.entries(rollout.rewards).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  return [
    `${t('Reward {0}', rewardText(rollout.reward))}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`,
    ...(rollout.correct ? [sentence(correctnessText(rollout.correct))] : []),
    rollout.labelledBy.length > 0 ? t('Labelled by {0}', namesText(rollout.labelledBy)) : t('Not labelled'),
    ...saidOf(rollout).map(sentence),
    ...(rollout.hinted ? [t('Written with a hint')] : []),
    t('By {0}, version {1}', rollout.policy, rollout.policyVersion),
    '',
    excerpt(rollout.completion, 600),
  ].join('\n');
}

/** With a capital at its start. */
const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** U+E000 and U+E001 around hits become marks that a quick pick can show. */
export function markHits(text: string): string {
  return text.replaceAll('\uE000', '«').replaceAll('\uE001', '»').replaceAll(/\s+/g, ' ');
}
