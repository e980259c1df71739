/** How many there are of something, in words that can be translated. Pure. */
import { t } from '@vscode/l10n';
import { numberText } from './number-text.ts';

const nouns = {
  rollout: (n: string) => (n === '1' ? t('1 rollout') : t('{0} rollouts', n)),
  'new rollout': (n: string) => (n === '1' ? t('1 new rollout') : t('{0} new rollouts', n)),
  'judged rollout': (n: string) => (n === '1' ? t('1 judged rollout') : t('{0} judged rollouts', n)),
  prompt: (n: string) => (n === '1' ? t('1 prompt') : t('{0} prompts', n)),
  'new prompt': (n: string) => (n === '1' ? t('1 new prompt') : t('{0} new prompts', n)),
  label: (n: string) => (n === '1' ? t('1 label') : t('{0} labels', n)),
  'new label': (n: string) => (n === '1' ? t('1 new label') : t('{0} new labels', n)),
  'new tag': (n: string) => (n === '1' ? t('1 new tag') : t('{0} new tags', n)),
  dataset: (n: string) => (n === '1' ? t('1 dataset') : t('{0} datasets', n)),
  comment: (n: string) => (n === '1' ? t('1 comment') : t('{0} comments', n)),
  'new comment': (n: string) => (n === '1' ? t('1 new comment') : t('{0} new comments', n)),
  'open comment': (n: string) => (n === '1' ? t('1 open comment') : t('{0} open comments', n)),
  edit: (n: string) => (n === '1' ? t('1 edit') : t('{0} edits', n)),
  suggestion: (n: string) => (n === '1' ? t('1 suggestion') : t('{0} suggestions', n)),
  judgement: (n: string) => (n === '1' ? t('1 judgement') : t('{0} judgements', n)),
  preference: (n: string) => (n === '1' ? t('1 preference') : t('{0} preferences', n)),
  'new preference': (n: string) => (n === '1' ? t('1 new preference') : t('{0} new preferences', n)),
  correction: (n: string) => (n === '1' ? t('1 correction') : t('{0} corrections', n)),
  'new correction': (n: string) => (n === '1' ? t('1 new correction') : t('{0} new corrections', n)),
  reply: (n: string) => (n === '1' ? t('1 reply') : t('{0} replies', n)),
  run: (n: string) => (n === '1' ? t('1 run') : t('{0} runs', n)),
  'active run': (n: string) => (n === '1' ? t('1 active run') : t('{0} active runs', n)),
  file: (n: string) => (n === '1' ? t('1 file') : t('{0} files', n)),
  'media file': (n: string) => (n === '1' ? t('1 media file') : t('{0} media files', n)),
  folder: (n: string) => (n === '1' ? t('1 folder') : t('{0} folders', n)),
  line: (n: string) => (n === '1' ? t('1 line') : t('{0} lines', n)),
  row: (n: string) => (n === '1' ? t('1 row') : t('{0} rows', n)),
  character: (n: string) => (n === '1' ? t('1 character') : t('{0} characters', n)),
  insertion: (n: string) => (n === '1' ? t('1 insertion') : t('{0} insertions', n)),
  deletion: (n: string) => (n === '1' ? t('1 deletion') : t('{0} deletions', n)),
  'more note': (n: string) => (n === '1' ? t('1 more note') : t('{0} more notes', n)),
  node: (n: string) => (n === '1' ? t('1 node') : t('{0} nodes', n)),
  worker: (n: string) => (n === '1' ? t('1 worker') : t('{0} workers', n)),
  GPU: (n: string) => (n === '1' ? t('1 GPU') : t('{0} GPUs', n)),
  other: (n: string) => (n === '1' ? t('1 other') : t('{0} others', n)),
  token: (n: string) => (n === '1' ? t('1 token') : t('{0} tokens', n)),
  word: (n: string) => (n === '1' ? t('1 word') : t('{0} words', n)),
  'label or edit': (n: string) => (n === '1' ? t('1 label or edit') : t('{0} labels or edits', n)),
};

export type Noun = keyof typeof nouns;

/** "1 rollout", "1,912 rollouts". */
export function counted(count: number, noun: Noun): string {
  return nouns[noun](numberText(count));
}
