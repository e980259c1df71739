/** What reviewers say of somebody's label, and what annotators may see of each other. */
import { t } from '@vscode/l10n';
import { counted } from './counted.ts';
import { isGold } from './gold.ts';

export const reviewVerdicts = ['accepted', 'rejected'] as const;
export type ReviewVerdict = (typeof reviewVerdicts)[number];

/** What an annotator says of a rollout that undo and redo go through, in the order in which it was done. */
export const undoableKinds = ['label', 'judgement', 'preference', 'correction'] as const;
export type UndoableKind = (typeof undoableKinds)[number];

/** What an annotator says of a rollout as a whole; a rollout of which they say nothing is open to them. */
export const saidStatuses = ['submitted', 'skipped'] as const;
export type SaidStatus = (typeof saidStatuses)[number];

/** Where a rollout stands in an annotator's queue. */
export type Status = 'open' | SaidStatus;

/** All that an annotator can do to a rollout apart from its label: give it a status, raise their flag or take it down. */
export const marks = ['open', ...saidStatuses, 'flagged', 'unflagged'] as const;
export type Mark = (typeof marks)[number];

/** Who looks, whether the labels of others must wait for their own, and whether they are told of gold once they have submitted. */
export interface Viewer {
  annotator: string;
  blindFirstPass: boolean;
  goldFeedback?: boolean;
}

/** People by name; null is somebody who must not be named. */
export type Names = readonly (string | null)[];

/** What is said with a reason: of a skip always, of a flag where one was given. */
export type ReasonedMark = 'skipped' | 'flagged';

/** What an annotator says of a rollout apart from its label; `reason` is why it was skipped. */
interface Standing<Name> {
  annotator: Name;
  status: SaidStatus;
  reason: string | null;
}

/** What people did with a rollout. */
interface Marks<Name> {
  labelledBy: Name[];
  statuses: Standing<Name>[];
  flaggedBy: Name[];
  /** Of somebody who must not be named, none are told. */
  tags: { annotator: string; tag: string }[];
}

/** The same as one of them may see it. */
export type SeenMarks = Marks<string | null>;

/** Whether a first pass is still blind: it ends with the viewer's own label. */
export function isBlindPass(labelledBy: readonly string[], { annotator, blindFirstPass }: Viewer): boolean {
  return blindFirstPass && !labelledBy.includes(annotator);
}

/** Whether a viewer may know of what somebody did to a rollout: of what gold did they may not, before they submitted it where they are told then. */
export function mayKnow(name: string, { statuses }: Pick<Marks<string>, 'statuses'>, viewer: Viewer): boolean {
  if (name === viewer.annotator || !isGold(name)) return true;
  const submitted = statuses.some(({ annotator, status }) => annotator === viewer.annotator && status === 'submitted');
  return viewer.goldFeedback === true && submitted;
}

/** In a blind first pass the others are counted, not named, and their reasons and tags are not told. Gold is not even counted. */
export function seenMarks(marks: Marks<string>, viewer: Viewer): SeenMarks {
  const known = (name: string): boolean => mayKnow(name, marks, viewer);
  const labelledBy = marks.labelledBy.filter(known);
  const flaggedBy = marks.flaggedBy.filter(known);
  const statuses = marks.statuses.filter(({ annotator }) => known(annotator));
  const tags = marks.tags.filter(({ annotator }) => known(annotator));
  const blind = isBlindPass(labelledBy, viewer);
  const seen = (name: string): string | null => (blind && name !== viewer.annotator ? null : name);
  return {
    labelledBy: labelledBy.map(seen),
    statuses: statuses.map(({ annotator, status, reason }) => ({
      annotator: seen(annotator),
      status,
      reason: seen(annotator) === null ? null : reason,
    })),
    flaggedBy: flaggedBy.map(seen),
    tags: tags.filter(({ annotator }) => seen(annotator) !== null),
  };
}

/** "ana, ben", "me, 2 others". */
export function namesText(names: Names): string {
  const named = names.filter((name) => name !== null);
  const others = names.length - named.length;
  return [...named, ...(others > 0 ? [counted(others, 'other')] : [])].join(', ');
}

/** "submitted by ana", "skipped by ben: too dark", "flagged by 2 others", "tagged hack": what is said of a rollout apart from its label. */
export function marksText({ statuses, flaggedBy, tags }: Omit<SeenMarks, 'labelledBy'>): string[] {
  const unnamed = (wanted: SaidStatus): string[] => {
    const names = statuses.flatMap(({ annotator, status }) => (annotator === null && status === wanted ? [null] : []));
    return names.length > 0 ? [statusText(wanted, namesText(names))] : [];
  };
  return [
    ...statuses.flatMap(({ annotator, status, reason }) =>
      annotator === null ? [] : statusText(status, annotator) + (reason ? `: ${reason}` : ''),
    ),
    ...saidStatuses.flatMap(unnamed),
    ...(flaggedBy.length > 0 ? [t('flagged by {0}', namesText(flaggedBy))] : []),
    ...(tags.length > 0 ? [t('tagged {0}', tagNames(tags).join(', '))] : []),
  ];
}

const statusText = (status: SaidStatus, who: string): string =>
  status === 'submitted' ? t('submitted by {0}', who) : t('skipped by {0}', who);

/** The tags that are on a rollout, each once. */
export function tagNames(tags: SeenMarks['tags']): string[] {
  return [...new Set(tags.map(({ tag }) => tag))];
}
