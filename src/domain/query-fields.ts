/** What a query line (docs/table.md, "The query line") can ask of a rollout, in words. */
import { t } from '@vscode/l10n';
import { splits, stages } from './rollout.ts';

interface FieldText {
  /** What it is, for the list of fields. */
  text: string;
  /** What it may be asked for. */
  example: string;
}

export const numberFields = {
  reward: { text: t('the whole reward; reward.NAME is one part of it'), example: 'reward:>0.5' },
  advantage: { text: t('the trainer’s advantage, else that of the group’s rewards'), example: 'advantage:<0' },
  tokens: {
    text: t('length in tokens, where they are recorded; length is another name for it'),
    example: 'tokens:>800',
  },
  characters: { text: t('length in characters'), example: 'characters:<=2000' },
  words: { text: t('length in words, as spaces part them'), example: 'words:>300' },
  version: { text: t('version of the policy'), example: 'version:3' },
  iteration: { text: t('iteration of the run that made it'), example: 'iteration:10..20' },
  pass: { text: t('share of its prompt’s rollouts that are right, from 0 to 1'), example: 'pass:0.2..0.8' },
  entropy: { text: t('mean entropy of its tokens, in nats'), example: 'entropy:>1' },
  logprob: { text: t('mean log-prob of its tokens, in nats'), example: 'logprob:<-1' },
  gap: { text: t('mean of the policy’s log-probs less the reference’s (KL), in nats'), example: 'gap:>0.1' },
  mismatch: { text: t('how far the trainer’s log-probs are from the policy’s, in nats'), example: 'mismatch:>0.01' },
  ratio: { text: t('greatest importance ratio of its tokens'), example: 'ratio:>2' },
} satisfies Record<string, FieldText>;

export const nameFields = {
  dataset: { text: t('name of its prompt’s dataset'), example: 'dataset:mmvu' },
  prompt: { text: t('id of its prompt'), example: 'prompt:4f2a*' },
  policy: { text: t('who wrote it'), example: 'policy:qwen*' },
  run: { text: t('the run that made it, by name or id'), example: 'run:first' },
  evaluation: { text: t('the evaluation that it is of, by name'), example: 'evaluation:none' },
  tag: { text: t('a tag that somebody put on it; none where nobody put any'), example: 'tag:hack' },
  finish: { text: t('why it ended: stop, length or another word of its file'), example: 'finish:length' },
} satisfies Record<string, FieldText>;

/** With what each may be. */
export const choiceFields = {
  correct: {
    text: t('whether its answer is right; none where nothing says it'),
    example: 'correct:no',
    of: ['yes', 'no'],
  },
  stage: { text: t('stage of its prompt'), example: 'stage:visual', of: stages },
  split: { text: t('split of its prompt'), example: 'split:test', of: splits },
  status: {
    text: t('what somebody said of it; open where nobody said anything'),
    example: 'status:submitted',
    of: ['open', 'submitted', 'skipped'],
  },
  hinted: { text: t('whether it was written with a hint'), example: 'hinted:yes', of: ['yes', 'no'] },
  commented: { text: t('whether it has an open comment'), example: 'commented:yes', of: ['yes', 'no'] },
  vanishing: { text: t('whether its group’s rewards are all the same'), example: 'vanishing:no', of: ['yes', 'no'] },
} satisfies Record<string, FieldText & { of: readonly string[] }>;

export const peopleFields = {
  labelled: { text: t('whether somebody labelled it, or who'), example: 'labelled:ana' },
  flagged: { text: t('whether somebody flagged it, or who'), example: 'flagged:yes' },
} satisfies Record<string, FieldText>;

export type NumberField = keyof typeof numberFields;
export type NameField = keyof typeof nameFields;
export type ChoiceField = keyof typeof choiceFields;
export type PeopleField = keyof typeof peopleFields;

/** Every field with what it is, as help lists them. */
export const queryFields: Readonly<Record<string, FieldText>> = {
  ...choiceFields,
  ...numberFields,
  ...nameFields,
  ...peopleFields,
};

/** Those whose spread is drawn. */
export const spreadFields = ['reward', 'tokens', 'characters', 'pass', 'iteration'] as const satisfies NumberField[];
export type SpreadField = (typeof spreadFields)[number];
