/** Reads from the store all that the Review panel shows of one rollout. */
import { t } from '@vscode/l10n';
import { groupAdvantages, isVanishing } from '../domain/advantage.ts';
import { accuracyReward } from '../domain/correctness.ts';
import { textHash } from '../domain/edit.ts';
import { finishText } from '../domain/finish.ts';
import { mediaViews, type MediaView } from '../domain/media-view.ts';
import { optionPictures } from '../domain/option.ts';
import type { Phase } from '../domain/phase.ts';
import { goldPrefix } from '../domain/gold.ts';
import { isBlindPass, mayKnow, seenMarks, type Viewer } from '../domain/review.ts';
import { rewardRuleOf, rewardRules } from '../domain/reward.ts';
import { problemTypes, type Prompt, type Rollout } from '../domain/rollout.ts';
import { sampleStd } from '../domain/statistics.ts';
import { curvesOf, type Curve } from '../domain/token-curve.ts';
import { unitsOf } from '../domain/unit.ts';
import { isProgram, shapingOf, sourceText, type SavedSegmentation } from '../domain/weight-source.ts';
import { presetConfig, withPhases } from '../domain/preset.ts';
import { rules } from '../evaluation/rule.ts';
import { excerpt } from './rollout-label.ts';
import type {
  AnswerRead,
  BoundaryStops,
  OtherLabel,
  Completion,
  Group,
  History,
  ReviewSuggestion,
  Shown,
} from '../protocol/review.ts';
import type { StoreClient } from '../store/client.ts';
import type { CommentRow, GroupSummary, RolloutSummary, RunRow, SuggestionRow } from '../store/store.ts';

/** Completions of one group that the strip holds at most. */
const groupLimit = 256;

/** What the store knows of what is shown. */
export type ReadReview = Omit<Shown, 'store' | 'canGoBack' | 'order' | 'medium' | 'sideBySide'>;

/**
 * The newest complete snapshot of a rollout, its prompt's media and the pictures of its options. Where it is one of the `compared`, these are its group. Null when the
 * store has no such rollout.
 */
export async function readReview(
  store: StoreClient,
  rolloutId: string,
  viewer: Viewer,
  boundaryStops: BoundaryStops,
  compared: readonly string[] = [],
): Promise<{ review: ReadReview; views: MediaView[]; pictures: (string | null)[] } | null> {
  const { annotator } = viewer;
  const rollout = await store.rollouts.get(rolloutId);
  if (!rollout) return null;
  const [
    prompt,
    run,
    groups,
    page,
    label,
    judgement,
    preference,
    allPreferences,
    correction,
    allCorrections,
    errorTypes,
    [suggestion],
    phases,
    allLabels,
    allSegmentations,
    marks,
    allComments,
    skipped,
    flagged,
    knownTags,
    place,
    changes,
  ] = await Promise.all([
    store.prompts.get(rollout.promptId),
    rollout.runId === null ? null : store.runs.get(rollout.runId),
    store.rollouts.groups(rollout.promptId),
    store.rollouts.page({ groupId: rollout.groupId, limit: groupLimit }),
    store.labels.get(rolloutId, annotator),
    store.judgements.get(rolloutId, annotator),
    store.preferences.get(rolloutId, annotator),
    store.preferences.of(rolloutId),
    store.corrections.get(rolloutId, annotator),
    store.corrections.of(rolloutId),
    store.errorTypes.get(),
    store.suggestions.of(rolloutId),
    store.phases.get(),
    store.labels.of(rolloutId),
    store.suggestions.segmentations(rolloutId),
    store.statuses.of(rolloutId),
    store.comments.of(rolloutId),
    store.statuses.reasons(annotator, 'skipped'),
    store.statuses.reasons(annotator, 'flagged'),
    store.tags.known(),
    store.prompts.place(rollout.promptId),
    store.activities.latest(),
  ]);
  if (!prompt)
    throw new Error(t('The store has no prompt {0} for this rollout: import its file again.', rollout.promptId));
  const firsts = await Promise.all(groups.map(({ id }) => store.rollouts.page({ groupId: id, limit: 1 })));
  const units = unitsOf(rollout);
  const known = <Row extends { annotator: string }>(rows: Row[]): Row[] =>
    rows.filter((row) => mayKnow(row.annotator, marks, viewer));
  const [preferences, corrections, comments] = [known(allPreferences), known(allCorrections), known(allComments)];
  const [labels, segmentations] = [known(allLabels), known(allSegmentations)];
  const labelledBy = labels.map((one) => one.annotator);
  const blind = isBlindPass(labelledBy, viewer);
  const views = mediaViews(prompt);
  const own = groupOf(rollout.groupId, page.rows, viewer);
  const named = groups.flatMap((group, index) => {
    const first = firsts[index].rows.at(0);
    return first ? [{ id: group.id, name: groupName(group), rolloutId: first.id }] : [];
  });
  const both = compared.includes(rolloutId) ? await comparedGroup(store, compared, viewer) : null;
  const review: ReadReview = {
    status: 'shown',
    annotator,
    boundaryStops,
    phases,
    prompt,
    rollout: {
      id: rollout.id,
      completion: rollout.completion,
      hash: textHash(rollout.completion),
      policy: `${rollout.policy} v${rollout.policyVersion}`,
      hinted: rollout.hinted,
      system: rollout.system ?? null,
      reward: rollout.reward,
      rewards: rollout.rewards,
      reading: readingOf(rollout, prompt, run),
      reads: rollout.evaluationId ? readsOf(rollout, prompt) : [],
      units,
      logProbs: units.source === 'tokens' ? logProbsOf(rollout) : null,
    },
    group: both ?? own,
    groups: both ? [{ id: both.id, name: both.name, rolloutId }, ...named] : named,
    ...{ label, judgement, preference, correction, errorTypes },
    otherCorrections: blind ? [] : corrections.filter((one) => one.annotator !== annotator),
    otherPreferences: blind ? [] : preferences.filter((one) => one.annotator !== annotator),
    suggestion: suggestion ? suggestionOf(suggestion) : null,
    shaping: shapingBy(
      rollout.completion,
      segmentations.filter((one) => isProgram(one.annotator) || (!blind && one.annotator !== annotator)),
      phases,
    ),
    ...seenMarks({ ...marks, labelledBy }, viewer),
    ...commentsFor(comments, annotator, blind),
    blind,
    changes,
    reasons: { skipped, flagged },
    knownTags,
    place,
    media: views.map(({ name }) => name),
  };
  return { review, views, pictures: optionPictures(prompt) };
}

/** Characters of an answer that a reading shows at most. */
const longestAnswer = 80;

/**
 * "rule ours reads “c” for the answer": why a completion's accuracy is what it is, by its run's rule, or ours where no run made it. The
 * true answer is not told, for a person may not have asked for it yet.
 */
function readingOf({ completion, rewards }: Rollout, prompt: Prompt, run: RunRow | null): string | null {
  // A store may come from a version that knows more types.
  const known = problemTypes.includes(prompt.problemType);
  if (accuracyReward(rewards) === null || prompt.answer === null || !known) return null;
  const name = rewardRuleOf(run?.config);
  const { given, truth } = rewardRules[name].read(completion, prompt);
  const shown = given === null ? t('nothing') : `“${excerpt(String(given), longestAnswer)}”`;
  return truth === null
    ? t('rule {0} reads {1} for the answer, and nothing in the true one', name, shown)
    : t('rule {0} reads {1} for the answer', name, shown);
}

/** What every rule that is defined for the prompt takes from a reply. */
function readsOf({ completion }: Rollout, prompt: Prompt): AnswerRead[] {
  return Object.values(rules).flatMap((rule) => {
    if (!rule.reads(prompt)) return [];
    const { extracted, ...read } = rule.read(completion, prompt);
    return { title: rule.title, extracted: extracted && excerpt(extracted, longestAnswer), ...read };
  });
}

/** What shapes the weights of a run with the defaults. */
function shapingBy(
  completion: string,
  segmentations: readonly SavedSegmentation[],
  phases: readonly Phase[],
): Shown['shaping'] {
  const { tas } = withPhases(presetConfig('avatar', '', 0), phases);
  const { boundaries, source } = shapingOf(completion, segmentations, tas);
  return boundaries && { boundaries, source: sourceText(source) };
}

/** The comments that an annotator sees: until they cannot be led, their own. */
function commentsFor(
  comments: readonly CommentRow[],
  annotator: string,
  blind: boolean,
): Pick<Shown, 'comments' | 'hiddenComments'> {
  const shown = comments.filter((comment) => !blind || comment.annotator === annotator);
  const hidden = comments.filter((comment) => !shown.includes(comment) && !comment.resolved);
  return { comments: shown, hiddenComments: hidden.length };
}

function suggestionOf({ source, boundaries, scores, refusedAt }: SuggestionRow): ReviewSuggestion {
  return { source, boundaries, scores, refused: refusedAt.map((at) => at !== null) };
}

/** The labels of others with what reviewers said of them; 'blind' while the viewer's own must come first. */
export async function readOtherLabels(
  store: StoreClient,
  rolloutId: string,
  viewer: Viewer,
): Promise<OtherLabel[] | 'blind'> {
  const [all, reviews, marks] = await Promise.all([
    store.labels.of(rolloutId),
    store.reviews.of(rolloutId),
    store.statuses.of(rolloutId),
  ]);
  const labels = all.filter(({ annotator }) => mayKnow(annotator, marks, viewer));
  const labelledBy = labels.map(({ annotator }) => annotator);
  if (isBlindPass(labelledBy, viewer)) return 'blind';
  return labels
    .filter(({ annotator }) => annotator !== viewer.annotator)
    .map((label) => ({ ...label, reviews: reviews.filter((review) => review.annotator === label.annotator) }));
}

/** The last `count` things that people did to a rollout; while the viewer's own label must come first, those the viewer did. */
export async function readHistory(
  store: StoreClient,
  rolloutId: string,
  count: number,
  viewer: Viewer,
): Promise<History> {
  const [labels, marks] = await Promise.all([store.labels.of(rolloutId), store.statuses.of(rolloutId)]);
  const labelledBy = labels.map(({ annotator }) => annotator);
  const blind = isBlindPass(labelledBy, viewer);
  const hidden = mayKnow(goldPrefix, marks, viewer) ? null : viewer.annotator;
  const done = await store.activities.of(rolloutId, count + 1, blind ? viewer.annotator : null, hidden);
  return { done: done.slice(0, count), more: done.length > count };
}

/** Every curve of a rollout's tokens; none of one without tokens, or that is there no more. */
export async function readCurves(store: StoreClient, rolloutId: string): Promise<Curve[]> {
  const [rollout, kept] = await Promise.all([store.rollouts.get(rolloutId), store.curves.of(rolloutId)]);
  return rollout?.tokens ? curvesOf(rollout.tokens.logProbs, kept) : [];
}

/** What the group view shows of each rollout that is still there. */
export async function readCompletions(
  store: StoreClient,
  rolloutIds: readonly string[],
  annotator: string,
): Promise<Completion[]> {
  const read = await Promise.all(
    rolloutIds.map(async (rolloutId) => {
      const rollout = await store.rollouts.get(rolloutId);
      if (!rollout) return null;
      const [{ boundaries }, [suggestion]] = await Promise.all([
        store.labels.get(rolloutId, annotator),
        store.suggestions.of(rolloutId),
      ]);
      const phases = boundaries ?? suggestion?.boundaries ?? null;
      const whose = boundaries ? t('your label') : phases && t('suggested');
      return { rolloutId, text: rollout.completion, boundaries: phases, whose };
    }),
  );
  return read.filter((completion) => completion !== null);
}

function logProbsOf({ tokens }: Rollout): (number | null)[] | null {
  return tokens?.logProbs ? Array.from(tokens.logProbs, (value) => (Number.isFinite(value) ? value : null)) : null;
}

/** Advantages differ when they do in the two decimals that are shown. */
const shownDifference = 0.005;

/** A trainer's advantages are told as its file has them: they may be scaled otherwise, or stand for rewards that no dump shows. */
function groupOf(id: string, rollouts: readonly RolloutSummary[], viewer: Viewer): Group {
  const rewards = rollouts.map(({ reward }) => reward).filter((reward) => reward !== null);
  const complete = rewards.length === rollouts.length;
  const byRewards = complete ? groupAdvantages(rewards) : rollouts.map(() => null);
  return {
    id,
    name: rollouts.length > 0 ? groupName(rollouts[0]) : '',
    std: complete ? sampleStd(rewards) : null,
    vanishing: complete && rewards.length > 1 && isVanishing(rewards) && !rollouts[0].evaluationId,
    members: rollouts.map((rollout, index) => ({
      rolloutId: rollout.id,
      name: null,
      reward: rollout.reward,
      advantage: rollout.advantage ?? byRewards[index],
      advantageByRewards: differing(rollout.advantage, byRewards[index]),
      correct: rollout.correct,
      labelled: seenMarks(rollout, viewer).labelledBy.length > 0,
      hinted: rollout.hinted,
      length: rollout.completion.length,
      tokens: rollout.tokenCount,
      finish: finishText(rollout.finish),
    })),
  };
}

/** Replies of two evaluations to one prompt, as a group: none of them has an advantage over the other. Null where one is gone. */
async function comparedGroup(store: StoreClient, rolloutIds: readonly string[], viewer: Viewer): Promise<Group | null> {
  const rows = await Promise.all(
    rolloutIds.map(async (id) => {
      const rollout = await store.rollouts.get(id);
      const page = rollout && (await store.rollouts.page({ groupId: rollout.groupId, limit: groupLimit }));
      return page?.rows.find((row) => row.id === id);
    }),
  );
  const found = rows.filter((row) => row !== undefined);
  if (found.length < rolloutIds.length) return null;
  const evaluations = await Promise.all(
    found.map(async ({ evaluationId }) => (evaluationId ? store.evaluations.get(evaluationId) : null)),
  );
  const policies = found.map(groupName);
  const names = new Set(policies).size > 1 ? policies : evaluations.map((one, i) => one?.name ?? policies[i]);
  const { members } = groupOf('compared', found, viewer);
  return {
    ...{ id: 'compared', name: names.join(' and '), std: null, vanishing: false },
    members: members.map((member, i) => ({ ...member, name: names[i], advantage: null, advantageByRewards: null })),
  };
}

const differing = (trainers: number | null, byRewards: number | null): number | null =>
  trainers !== null && byRewards !== null && Math.abs(trainers - byRewards) > shownDifference ? byRewards : null;

function groupName({ policy, policyVersion }: Pick<GroupSummary, 'policy' | 'policyVersion'>): string {
  return `${policy} v${policyVersion}`;
}
