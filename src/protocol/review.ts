/** What the Review panel's page and its host say to each other. */
import { t } from '@vscode/l10n';
import * as v from 'valibot';
import { commentChanges } from '../domain/comment.ts';
import { correctionActions, type CorrectionState } from '../domain/correction.ts';
import {
  errorTypesSchema,
  judgementActions,
  stepSchema,
  stepVerdicts,
  type JudgementState,
} from '../domain/judgement.ts';
import { revisionActions, type LabelState } from '../domain/phase.ts';
import { phaseSchema } from '../domain/phase-schema.ts';
import { suggestionSource } from '../domain/suggestion/suggestion.ts';
import { pairVerdicts, preferenceActions, preferenceSchema, type PreferenceState } from '../domain/preference.ts';
import { marks, reviewVerdicts, saidStatuses, undoableKinds } from '../domain/review.ts';
import { tagChanges } from '../domain/tag.ts';
import { curveNames } from '../domain/token-curve.ts';
import { defaultLambda, tasSchemes } from '../domain/tas.ts';
import { keyNames } from './review-keys.ts';

const offset = v.pipe(v.number(), v.integer(), v.minValue(0));

const seconds = v.pipe(v.number(), v.minValue(0));
const value = v.object({
  boundaries: v.array(offset),
  /** Of each phase, what it talks about. */
  grounding: v.array(v.nullable(v.object({ start: seconds, end: seconds }))),
  /** Where it was taken from a suggestion. */
  origin: v.optional(v.object({ source: suggestionSource, scores: v.array(v.nullable(v.number())) })),
});

/** This annotator's label of the rollout shown. */
const label: v.GenericSchema<LabelState> = v.object({
  ...value.entries,
  boundaries: v.nullable(v.array(offset)),
  canUndo: v.boolean(),
  canRedo: v.boolean(),
  savedAt: v.nullable(v.string()),
});

/** What this annotator says of the steps of the rollout shown. */
const judgement: v.GenericSchema<JudgementState> = v.object({
  steps: v.array(v.object({ ...stepSchema.entries, error: v.nullable(v.string()) })),
  canUndo: v.boolean(),
  canRedo: v.boolean(),
  savedAt: v.nullable(v.string()),
});

/** What this annotator says of the rollout shown against others of its prompt. */
const preference: v.GenericSchema<PreferenceState> = v.object({
  pairs: v.array(preferenceSchema),
  canUndo: v.boolean(),
  canRedo: v.boolean(),
  savedAt: v.nullable(v.string()),
});

/** What this annotator writes in place of the completion shown. */
const correction: v.GenericSchema<CorrectionState> = v.object({
  text: v.nullable(v.string()),
  boundaries: v.nullable(v.array(offset)),
  draft: v.nullable(v.string()),
  discarded: v.nullable(v.string()),
  canUndo: v.boolean(),
  canRedo: v.boolean(),
  savedAt: v.nullable(v.string()),
});

/** A completion of the group, as the strip shows it. */
const member = v.object({
  rolloutId: v.string(),
  /** Whose it is, where the group is of two evaluations. */
  name: v.nullable(v.string()),
  reward: v.nullable(v.number()),
  /** The trainer's where its file has one, else that of the group's rewards. */
  advantage: v.nullable(v.number()),
  /** That of the group's rewards, where the trainer's is another. */
  advantageByRewards: v.nullable(v.number()),
  /** Whether the answer is right, and what says so; null where nothing does. */
  correct: v.nullable(v.object({ right: v.boolean(), by: v.string() })),
  labelled: v.boolean(),
  hinted: v.boolean(),
  /** UTF-16 units. */
  length: v.number(),
  /** Null where its tokens are not recorded. */
  tokens: v.nullable(v.number()),
  /** Why it ended, in words; null when as it should, or when nothing says. */
  finish: v.nullable(v.string()),
});
export type Member = v.InferOutput<typeof member>;

/** A reviewer's last word on a label; `stale` when the label is another one by now. */
const labelReview = v.object({ reviewer: v.string(), verdict: v.picklist(reviewVerdicts), stale: v.boolean() });
export type LabelReview = v.InferOutput<typeof labelReview>;

/** Another annotator's label of the rollout shown. */
const otherLabel = v.object({
  ...value.entries,
  annotator: v.string(),
  savedAt: v.string(),
  reviews: v.array(labelReview),
});
export type OtherLabel = v.InferOutput<typeof otherLabel>;

/** Something that somebody did to the rollout shown. `outdated` is a label of phases that the project had before. */
const activity = v.intersect([
  v.object({ seq: v.number(), at: v.string(), who: v.string() }),
  v.variant('kind', [
    v.object({
      kind: v.literal('label'),
      action: v.picklist(revisionActions),
      before: v.nullable(value),
      after: v.nullable(value),
      outdated: v.boolean(),
    }),
    v.object({
      kind: v.literal('review'),
      /** Whose label, and what it was then. */
      whose: v.string(),
      verdict: v.picklist(reviewVerdicts),
      after: v.nullable(value),
      outdated: v.boolean(),
    }),
    v.object({
      kind: v.literal('status'),
      change: v.picklist(marks),
      reason: v.nullable(v.string()),
    }),
    v.object({ kind: v.literal('tag'), change: v.picklist(tagChanges), tag: v.string() }),
    v.object({
      kind: v.literal('comment'),
      change: v.picklist(commentChanges),
      /** Whose comment, and what it said then. */
      whose: v.string(),
      body: v.string(),
    }),
    v.object({
      kind: v.literal('judgement'),
      action: v.picklist(judgementActions),
      before: v.array(stepSchema),
      after: v.array(stepSchema),
    }),
    v.object({
      kind: v.literal('preference'),
      action: v.picklist(preferenceActions),
      /** Of the rollout against another; null is taken back. */
      verdict: v.nullable(v.picklist(pairVerdicts)),
    }),
    v.object({ kind: v.literal('correction'), action: v.picklist(correctionActions), gone: v.boolean() }),
  ]),
]);
export type ReviewActivity = v.InferOutput<typeof activity>;

const history = v.object({
  /** Newest first. */
  done: v.array(activity),
  /** There is more before that. */
  more: v.boolean(),
});
export type History = v.InferOutput<typeof history>;

/** What the group view shows of a completion. */
const completion = v.object({
  rolloutId: v.string(),
  text: v.string(),
  /** This annotator's phases, else a suggestion's; null without either. */
  boundaries: v.nullable(v.array(offset)),
  /** "your label", "suggested"; null without phases. */
  whose: v.nullable(v.string()),
});
export type Completion = v.InferOutput<typeof completion>;

const curve = v.object({
  name: v.picklist(curveNames),
  /** One a token; what is not finite is not known. */
  values: v.custom<Float32Array>((one) => one instanceof Float32Array),
});

const group = v.object({
  id: v.string(),
  /** The policy and its version, in words. */
  name: v.string(),
  /** Of its rewards; null when a reward is missing. */
  std: v.nullable(v.number()),
  vanishing: v.boolean(),
  members: v.array(member),
});
export type Group = v.InferOutput<typeof group>;

const rollout = v.object({
  id: v.string(),
  completion: v.string(),
  /** Tells it from another completion (`textHash`). */
  hash: v.string(),
  policy: v.string(),
  hinted: v.boolean(),
  /** The instruction that it was sampled under; null where none is known. */
  system: v.nullable(v.string()),
  reward: v.nullable(v.number()),
  rewards: v.record(v.string(), v.number()),
  /** What was taken for its answer, in words; null where it has no accuracy to ask about. */
  reading: v.nullable(v.string()),
  /** Of a reply of an evaluation: the answer that each rule takes from it, how, and from where. */
  reads: v.array(
    v.object({
      title: v.string(),
      /** Null where the rule reads none. */
      extracted: v.nullable(v.string()),
      correct: v.boolean(),
      how: v.string(),
      at: v.nullable(v.object({ start: offset, end: offset })),
    }),
  ),
  /** What carries a weight: `starts` are UTF-16 offsets of each unit. */
  units: v.object({ starts: v.array(offset), source: v.string() }),
  /** Of each unit when units are tokens and the behaviour policy's log-probs are known; null where it is not finite. */
  logProbs: v.nullable(v.array(v.nullable(v.number()))),
});
export type ReviewRollout = v.InferOutput<typeof rollout>;
export type AnswerRead = ReviewRollout['reads'][number];

const prompt = v.object({
  id: v.string(),
  dataset: v.string(),
  question: v.string(),
  options: v.array(v.string()),
  answer: v.nullable(v.string()),
  stage: v.nullable(v.string()),
  split: v.string(),
});
export type ReviewPrompt = v.InferOutput<typeof prompt>;

/** A program's suggestion for the rollout shown. */
const suggestion = v.object({
  source: suggestionSource,
  boundaries: v.array(offset),
  /** Of each boundary, how likely it is to be just there. */
  scores: v.array(v.number()),
  /** Of each boundary, whether it was refused. */
  refused: v.array(v.boolean()),
});
export type ReviewSuggestion = v.InferOutput<typeof suggestion>;

/** An annotator; null while they must not be named. */
const name = v.nullable(v.string());

/** What an annotator says of a rollout apart from its label. */
const status = v.object({
  annotator: name,
  status: v.picklist(saidStatuses),
  /** Why it was skipped. */
  reason: v.nullable(v.string()),
});
export type ReviewStatus = v.InferOutput<typeof status>;

const commentValue = v.object({
  body: v.string(),
  /** [start, end) of the completion; a comment on neither is on the whole rollout. */
  text: v.nullable(v.object({ start: offset, end: offset })),
  /** A moment ends where it starts. */
  video: v.nullable(v.object({ start: seconds, end: seconds })),
});

/** What somebody says of a place of the rollout. */
const comment = v.object({
  ...commentValue.entries,
  id: v.string(),
  annotator: v.string(),
  at: v.string(),
  editedAt: v.nullable(v.string()),
  /** Null while it is open. */
  resolved: v.nullable(v.object({ annotator: v.string(), at: v.string() })),
});
export type ReviewComment = v.InferOutput<typeof comment>;

/** A comment that is written: a new one, or one of one's own said anew. */
const commentDraft = v.object({
  ...commentValue.entries,
  rolloutId: v.string(),
  id: v.nullable(v.string()),
  /** As of a label; what an earlier version kept has neither. */
  store: v.optional(v.string()),
  of: v.optional(v.string()),
});
export type CommentDraft = v.InferOutput<typeof commentDraft>;

/** Which comments stand beside the text. */
export const commentLists = ['none', 'open', 'all'] as const;

/** Where dragging, nudging and keys put a boundary: the setting `rolloutLab.boundaries`. */
export const boundaryStops = ['token', 'sentence'] as const;
export type BoundaryStops = (typeof boundaryStops)[number];

const shown = v.object({
  status: v.literal('shown'),
  /** The key of the store that it was read from. */
  store: v.string(),
  /** The key of the lost store whose content that took over: what was not saved to it is known by this. */
  formerStore: v.optional(v.string()),
  annotator: v.string(),
  boundaryStops: v.picklist(boundaryStops),
  /** Of this project. */
  phases: phaseSchema,
  prompt,
  rollout,
  group,
  /** The prompt's groups with a rollout of each to open. */
  groups: v.array(v.object({ id: v.string(), name: v.string(), rolloutId: v.string() })),
  label,
  judgement,
  preference,
  correction,
  /** What others write in its place; none in a blind first pass. */
  otherCorrections: v.array(v.object({ annotator: v.string(), text: v.string() })),
  /** What others say of it against others; none in a blind first pass. */
  otherPreferences: v.array(v.object({ annotator: v.string(), ...preferenceSchema.entries })),
  /** What of a step can be wrong, in this project. */
  errorTypes: errorTypesSchema,
  /** The best there is; null without one. */
  suggestion: v.nullable(suggestion),
  /** The phases that shape a run's token weights as long as this annotator has no label, and whose they are; null without. */
  shaping: v.nullable(v.object({ boundaries: v.array(offset), source: v.string() })),
  labelledBy: v.array(name),
  /** What others did waits for this annotator's own label. */
  blind: v.boolean(),
  /** Of all annotators; who has none has not finished here. */
  statuses: v.array(status),
  flaggedBy: v.array(name),
  /** Those that this annotator may know of. */
  tags: v.array(v.object({ annotator: v.string(), tag: v.string() })),
  /** Tags that are in use, the most frequent first. */
  knownTags: v.array(v.string()),
  /** Oldest first. */
  comments: v.array(comment),
  /** Open ones of others, which wait until this annotator has a label and cannot be led. */
  hiddenComments: v.number(),
  /** Rises with everything that anybody does to any rollout: what stands beside is read again then. */
  changes: v.number(),
  /** Why this annotator skipped others, and flagged some, the latest first. */
  reasons: v.object({ skipped: v.array(v.string()), flagged: v.array(v.string()) }),
  /** Of the prompt in its dataset, from 1. */
  place: v.object({ place: v.number(), of: v.number() }),
  /** Where it is, from 1, in the order that the Rollouts table handed over; null without one. */
  order: v.nullable(v.object({ place: v.nullable(v.number()), of: v.number() })),
  /** What of the prompt's media can be seen and heard, each in words; `medium` is the one shown, the first where there are no more. */
  media: v.array(v.string()),
  medium: offset,
  /** Another rollout was shown before. */
  canGoBack: v.boolean(),
  /** Rises whenever two rollouts are opened to be seen side by side, which are the group then; 0 of any other group. */
  sideBySide: offset,
});
export type Shown = v.InferOutput<typeof shown>;

const review = v.variant('status', [
  v.object({ status: v.literal('loading') }),
  v.object({ status: v.literal('failed'), message: v.string() }),
  shown,
]);
export type Review = v.InferOutput<typeof review>;

/** The store that is read and written. */
const store = v.object({
  /** Its path; from the first folder on, when it is in it. */
  name: v.string(),
  /** Its whole path. */
  key: v.string(),
  /** Why it cannot be read; null when it can. */
  problem: v.nullable(v.string()),
  /** It was removed or replaced while it was open: what it holds can be saved to a new one. */
  replaced: v.boolean(),
});
export type ReviewStore = v.InferOutput<typeof store>;

/** Whose label of which rollout, in the store of which key. */
const labelKey = v.object({
  store: v.string(),
  annotator: v.string(),
  rolloutId: v.string(),
  /** The completion in which its places count (`textHash`); what an earlier version kept does not say it. */
  of: v.optional(v.string()),
});
export type LabelKey = v.InferOutput<typeof labelKey>;

/** An edit of a label that is not in its store yet. */
const unsavedEdit = v.object({ ...labelKey.entries, value });
export type UnsavedEdit = v.InferOutput<typeof unsavedEdit>;

/** What is written in place of a completion. */
const writtenDraft = v.object({ ...labelKey.entries, text: v.string() });
export type WrittenDraft = v.InferOutput<typeof writtenDraft>;

/** What a reviewer did that is not in the store yet; the host keeps it, so that it outlives page, panel and window. */
export const unsaved = v.object({
  edits: v.array(unsavedEdit),
  /** Comments being written. */
  drafts: v.array(commentDraft),
  /** Drafts of corrections that their store did not take. */
  corrections: v.optional(v.array(writtenDraft), []),
});
export type Unsaved = v.InferOutput<typeof unsaved>;

/**
 * A JPEG of `tiles` frames side by side, evenly spaced over its stretch, each `aspect` times as wide as high. Its bytes, and no address:
 * a webview keeps for ever what it has loaded from one.
 */
const strip = v.object({
  jpeg: v.instance(Uint8Array),
  tiles: v.number(),
  aspect: v.pipe(v.number(), v.gtValue(0)),
});
export type Strip = v.InferOutput<typeof strip>;

const media = v.variant('status', [
  v.object({ status: v.literal('none') }),
  v.object({ status: v.literal('image'), url: v.string() }),
  /** Nothing is read of it before it is asked for by `prepare`. */
  v.object({ status: v.literal('waiting'), message: v.string() }),
  v.object({ status: v.literal('preparing'), message: v.string() }),
  v.object({
    status: v.literal('failed'),
    message: v.string(),
    /** The folder that the user may allow by `allowFolder`, when that is the cure. */
    folder: v.nullable(v.string()),
  }),
  v.object({
    status: v.literal('ready'),
    url: v.string(),
    /** Seconds and frames a second; 0 when unknown. */
    duration: v.number(),
    frameRate: v.number(),
    hasPicture: v.boolean(),
    /** Peaks a second of its sound; null when there is none. */
    peaksPerSecond: v.nullable(v.pipe(v.number(), v.gtValue(0))),
    /** Why a proxy is played; null when the file itself is. */
    proxy: v.nullable(v.string()),
  }),
]);
export type Media = v.InferOutput<typeof media>;

/** The picture of an option; null of an option without, and where it cannot be shown, why. */
const optionPicture = v.object({ url: v.nullable(v.string()), fault: v.string() });
export type OptionPicture = v.InferOutput<typeof optionPicture>;

/** Of each option of this prompt. */
const pictures = v.object({ promptId: v.string(), pictures: v.array(v.nullable(optionPicture)) });

/** What the project asks of its annotators. */
const guidelines = v.variant('status', [
  /** None yet; `name` is the file that they would be in. */
  v.object({ status: v.literal('none'), name: v.string() }),
  v.object({ status: v.literal('failed'), message: v.string() }),
  /** Of the file `name`, in Markdown. */
  v.object({ status: v.literal('shown'), name: v.string(), text: v.string() }),
]);
export type Guidelines = v.InferOutput<typeof guidelines>;

export const overlays = ['weight', 'advantage × weight', 'log-prob', 'off'] as const;
export type Overlay = (typeof overlays)[number];
export const overlayTexts: Readonly<Record<Overlay, string>> = {
  weight: t('weight'),
  'advantage × weight': t('advantage × weight'),
  'log-prob': t('log-prob'),
  off: t('off'),
};

export const groupOrders = ['as generated', 'reward', 'advantage', 'length'] as const;
export type GroupOrder = (typeof groupOrders)[number];
export const orderTexts: Readonly<Record<GroupOrder, string>> = {
  'as generated': t('as generated'),
  reward: t('reward'),
  advantage: t('advantage'),
  length: t('length'),
};

/** Orders in which "next" goes: the tree's, the worst agreement first, the suggestion first whose label would tell most, the Rollouts table's. */
export const queues = ['unlabelled', 'disagreeing', 'informative', 'table'] as const;
export type Queue = (typeof queues)[number];

/** How each queue is called, and what is said at its end. */
export const queueTexts: Record<Queue, { name: string; end: string }> = {
  unlabelled: { name: t('unlabelled'), end: t('Every rollout has your label, or you skipped it') },
  disagreeing: {
    name: t('disagreeing first'),
    end: t('There is no other rollout on which annotators disagree; “next” starts again from the worst'),
  },
  informative: {
    name: t('most informative first'),
    end: t('There is no other suggestion without your label; Suggest Phases makes new ones'),
  },
  table: { name: t('the table’s order'), end: t('This was the last rollout in the table’s order') },
};

/** How much room the text and the lists of Review take: the setting `rolloutLab.density`. */
export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];

/** Parts of the page that can be folded away. */
export const pageParts = ['question', 'video', 'weights'] as const;
export type PagePart = (typeof pageParts)[number];

const share = v.nullable(v.pipe(v.number(), v.minValue(0.1), v.maxValue(0.9)));

/** What a reviewer chose; the same in every panel and window. */
export const preferences = v.object({
  scheme: v.optional(v.picklist(tasSchemes), 'phase-warped'),
  lambda: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2)), defaultLambda),
  overlay: v.optional(v.picklist(overlays), 'weight'),
  /** Playback rate. */
  rate: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(4)), 1),
  muted: v.optional(v.boolean(), false),
  volume: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
  /** Of completions side by side. */
  groupOrder: v.optional(v.picklist(groupOrders), 'as generated'),
  queue: v.optional(v.picklist(queues), 'unlabelled'),
  comments: v.optional(v.picklist(commentLists), 'none'),
  /** What the keys judge where nothing is selected. */
  judgeBy: v.optional(v.picklist(['phase', 'sentence']), 'phase'),
  /** Of the tokens, those that are drawn where a rollout has them. */
  curves: v.optional(v.array(v.picklist(curveNames)), ['entropy']),
  /** Markdown and maths of the reasoning are shown as they are meant. */
  rendered: v.optional(v.boolean(), false),
  /** The outline stands beside the reasoning. */
  outline: v.optional(v.boolean(), false),
  /** The guidelines stand beside the reasoning. */
  guidelines: v.optional(v.boolean(), false),
  foldedParts: v.optional(v.array(v.picklist(pageParts)), []),
  /** Of the page's width that of the video, of a column's height that of the weights; null is what they have of themselves. */
  shares: v.optional(v.object({ video: share, weights: share }), { video: null, weights: null }),
});
export const defaultPreferences = v.parse(preferences, {});
export type Preferences = v.InferOutput<typeof preferences>;

const density = v.picklist(densities);

/** The page's keys in force, by action. */
const keys = v.object(v.entriesFromList(keyNames, v.string()));

/** Chords of the editor that act on the page. */
const command = v.picklist(['undo', 'redo', 'submit', 'accept', 'refuse', 'find']);
export type ReviewCommand = v.InferOutput<typeof command>;

const ofRollout = v.object({ rolloutId: v.string() });
const asSeen = v.object({ ...labelKey.entries, seen: v.nullable(v.string()) });
/** The media of this prompt; an error when another one's is shown by now. */
const ofPrompt = v.object({ promptId: v.string() });

export const reviewProtocol = {
  requests: {
    /** Saves a label: one transaction, one revision. An error when another store is read by now, the same of undo and redo; and when the completion is another one by now. */
    setLabel: { params: unsavedEdit, result: label },
    /** Refuses boundaries (their places in the list) of the suggestion shown. */
    refuseSuggestion: {
      params: v.object({ rolloutId: v.string(), source: suggestionSource, boundaries: v.array(offset) }),
      result: v.null(),
    },
    /** Nothing when the label is not the one seen, saved at `seen`: another window changed it meanwhile. */
    undo: { params: asSeen, result: label },
    redo: { params: asSeen, result: label },
    /** What undo, or redo, is of: of what was done last; null where there is nothing. */
    lastStep: {
      params: v.object({ ...labelKey.entries, action: v.picklist(['undo', 'redo']) }),
      result: v.nullable(v.picklist(undoableKinds)),
    },
    /** Says something of a step, or with a verdict of null takes that back. An error when another store is read by now; the same of undo and redo. */
    judge: {
      params: v.object({
        ...labelKey.entries,
        step: v.object({
          ...{ start: offset, end: offset },
          ...{ verdict: v.nullable(v.picklist(stepVerdicts)), error: v.nullable(v.string()) },
        }),
      }),
      result: judgement,
    },
    /** Nothing when it is not what was seen, saved at `seen`. */
    undoJudgement: { params: asSeen, result: judgement },
    redoJudgement: { params: asSeen, result: judgement },
    /** Says something of the rollout against another, or with a verdict of null takes that back. An error when another store is read by now; the same of undo and redo. */
    prefer: {
      params: v.object({
        ...labelKey.entries,
        pair: v.object({ other: v.string(), verdict: v.nullable(v.picklist(pairVerdicts)) }),
      }),
      result: preference,
    },
    /** Nothing when it is not what was seen, saved at `seen`. */
    undoPreference: { params: asSeen, result: preference },
    redoPreference: { params: asSeen, result: preference },
    /** Keeps a text in place of the completion, or with null takes it back. An error when another store is read by now; the same of undo and redo. */
    correct: {
      params: v.object({
        ...labelKey.entries,
        text: v.nullable(v.string()),
        /** Its own phases, or with null those of the label; left out, its own go with the text. */
        boundaries: v.optional(v.nullable(v.array(offset))),
      }),
      result: correction,
    },
    /** Keeps what is written in place of the completion and not saved yet; answered once that, or what was written after it, is in the store. */
    draftCorrection: { params: writtenDraft, result: correction },
    /** Gives the draft up. */
    discardDraft: { params: labelKey, result: correction },
    /** Nothing when it is not what was seen, saved at `seen`. */
    undoCorrection: { params: asSeen, result: correction },
    redoCorrection: { params: asSeen, result: correction },
    /** Shows another rollout. */
    open: { params: ofRollout, result: v.null() },
    /** The labels of others; 'blind' while this annotator has none and must not be led. */
    otherLabels: { params: ofRollout, result: v.union([v.array(otherLabel), v.literal('blind')]) },
    /** The last `count` things that were done to the rollout; in a blind first pass those that this annotator did. */
    history: {
      params: v.object({ ...ofRollout.entries, count: v.pipe(offset, v.minValue(1)) }),
      result: history,
    },
    reviewLabel: {
      params: v.object({ rolloutId: v.string(), annotator: v.string(), verdict: v.picklist(reviewVerdicts) }),
      result: v.null(),
    },
    completions: {
      params: v.object({ rolloutIds: v.pipe(v.array(v.string()), v.maxLength(8)) }),
      result: v.array(completion),
    },
    /** Every curve of the rollout's tokens; none where it has no tokens. */
    curves: { params: ofRollout, result: v.array(curve) },
    /** Shows the next rollout of the chosen queue; false when there is none. */
    next: { params: v.null(), result: v.boolean() },
    /** Shows again what was shown before. */
    back: { params: v.null(), result: v.null() },
    /** Says where the rollout stands with this annotator, or raises or takes down their flag. */
    mark: {
      params: v.object({
        ...ofRollout.entries,
        as: v.picklist(marks),
        /** Why it is skipped or flagged. */
        reason: v.optional(v.string()),
      }),
      result: v.null(),
    },
    /** Puts a tag of this annotator's on the rollout, or takes it off. */
    tag: { params: v.object({ ...ofRollout.entries, tag: v.string(), on: v.boolean() }), result: v.null() },
    /** Keeps a comment; the next snapshot has it. */
    comment: { params: commentDraft, result: v.null() },
    deleteComment: { params: v.object({ id: v.string() }), result: v.null() },
    resolveComment: { params: v.object({ id: v.string(), resolved: v.boolean() }), result: v.null() },
    /**
     * Peaks of the sound from number `first` on, least and greatest 16-bit sample of each in turn; waits while the next one is
     * not made yet. `done` when there are no more.
     */
    peaks: {
      params: v.object({ ...ofPrompt.entries, first: offset }),
      result: v.object({ values: v.instance(Int16Array), done: v.boolean() }),
    },
    /** The seconds at which each frame is shown, ascending. */
    frames: { params: ofPrompt, result: v.instance(Float64Array) },
    /** Pictures of the stretch `index` of the 2^`level` equal ones of the video; null when it has none. */
    strip: {
      params: v.object({ ...ofPrompt.entries, level: v.pipe(offset, v.maxValue(20)), index: offset }),
      result: v.nullable(strip),
    },
    /** Shows the one before or after among the prompt's media. */
    medium: { params: v.object({ ...ofPrompt.entries, direction: v.picklist([1, -1]) }), result: v.null() },
    /** Reads the media that waits for it. */
    prepare: { params: ofPrompt, result: v.null() },
    /** Lets media of this project be opened in the folder that `failed` named, and tries again. */
    allowFolder: { params: ofPrompt, result: v.null() },
    /** Tries again to read the rollout or prepare its media. */
    retry: { params: v.null(), result: v.null() },
    /** Opens the store anew. */
    reopen: { params: v.null(), result: v.null() },
    /** Saves what a removed or replaced store holds to a new one, and goes on with that or with the file there now. */
    rescue: { params: v.null(), result: v.null() },
    /** Keeps what is not saved yet. */
    keep: { params: unsaved, result: v.null() },
    remember: { params: preferences, result: v.null() },
    /** Shows the setting that says where the guidelines are. */
    chooseGuidelines: { params: v.null(), result: v.null() },
    /** Changes the setting; `density` tells of it. */
    setDensity: { params: v.object({ density }), result: v.null() },
  },
  events: { unsaved, store, review, media, pictures, guidelines, preferences, density, keys, command },
};
export type ReviewProtocol = typeof reviewProtocol;

/** The page's own memory over a reload. The host's serializer reads `rolloutId`. */
export const reviewState = v.object({
  rolloutId: v.string(),
  promptId: v.string(),
  /** Which of its media is shown. */
  medium: v.optional(offset, 0),
  /** Where the video is, in seconds. */
  time: v.number(),
  caret: offset,
  /** Where its folded sections start. */
  folded: v.optional(v.array(offset), []),
  /** How far down the guidelines are, in pixels. */
  guidelinesTop: v.optional(v.number(), 0),
});
export type ReviewState = v.InferOutput<typeof reviewState>;
