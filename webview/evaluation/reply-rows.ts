/** Replies as rows of a list. Pure. */
import { t } from '@vscode/l10n';
import type { OneShown, Reader, ShownDisagreement, ShownFlip } from '../../src/protocol/evaluation.ts';

/** A row of a list: what is to be opened, and what is said of it. */
export interface ReplyRow {
  /** Of two, the first beside the second. */
  rolloutIds: string[];
  question: string;
  /** What tells it from the others, before the question. */
  mark: string;
  /** Below the question. */
  detail: string;
}

const isRight = ({ score }: { score: number }): boolean => score > 0.5;

/** "right: AVATAR, of MMVU (“D”) · wrong: Video-Holmes (“A”), VLMEvalKit (no answer)" */
export function disagreementRow(
  { rolloutId, question, reads }: ShownDisagreement,
  readers: readonly Reader[],
): ReplyRow {
  const said = readers.flatMap(({ name, title }) => {
    const read = reads[name];
    if (!read) return [];
    const what =
      name === 'recorded' ? title : `${title} (${read.extracted === null ? t('no answer') : `“${read.extracted}”`})`;
    return [{ what, right: isRight(read) }];
  });
  const named = (right: boolean): string[] => said.filter((one) => one.right === right).map(({ what }) => what);
  const [right, wrong] = [named(true), named(false)];
  return {
    rolloutIds: [rolloutId],
    question,
    mark: t('{0} of {1} ✓', right.length, said.length),
    detail: t('right: {0} · wrong: {1}', right.join(', '), wrong.join(', ')),
  };
}

export function flipRow({ kind, question, category, first, second }: ShownFlip): ReplyRow {
  return {
    rolloutIds: [first, second],
    question,
    mark: kind === 'fixed' ? t('✓ fixed') : t('✗ broken'),
    detail: category ?? '',
  };
}

export function failedRow({ rolloutId, question }: OneShown['failed']['rows'][number]): ReplyRow {
  return { rolloutIds: [rolloutId], question, mark: '✗', detail: '' };
}
