/** The columns of the table: what each is called, how wide it is, and what it says of a rollout. Pure. */
import { t } from '@vscode/l10n';
import { correctnessMark, correctnessText } from '../../src/domain/correctness.ts';
import { numberText } from '../../src/domain/number-text.ts';
import type { SpreadField } from '../../src/domain/query-fields.ts';
import { namesText } from '../../src/domain/review.ts';
import type { ShownRow } from '../../src/protocol/table.ts';

/** What people choose a column by. */
export interface Named {
  /** As the choice and the sort name it. */
  name: string;
  title: string;
}

export interface Column<Row = ShownRow> extends Named {
  /** In px; at least that of one that grows. */
  width: number;
  /** Shares the room that is left. */
  grows?: boolean;
  isNumber: boolean;
  isSorted: boolean;
  text: (row: Row) => string;
  /** Said in place of a text that is a sign. */
  spoken?: (row: Row) => string;
  /** Its words, each drawn as a chip. */
  chips?: (row: Row) => readonly string[];
  /** Class of its cell. */
  look?: (row: Row) => string;
}

/** What those are called that a query names by the same word in English. */
const titles: Readonly<Record<string, string>> = {
  correct: t('correct'),
  question: t('question'),
  answer: t('answer'),
  conclusion: t('conclusion'),
  reward: t('reward'),
  advantage: t('advantage'),
  tokens: t('tokens'),
  characters: t('characters'),
  words: t('words'),
  finish: t('finish'),
  policy: t('policy'),
  iteration: t('iteration'),
  mismatch: t('mismatch'),
  stage: t('stage'),
  split: t('split'),
  dataset: t('dataset'),
  run: t('run'),
  evaluation: t('evaluation'),
  status: t('status'),
  comments: t('comments'),
  hinted: t('hinted'),
  rollouts: t('rollouts'),
  groups: t('groups'),
  spread: t('spread'),
  vanishing: t('vanishing'),
};

export const column = <Row = ShownRow>(
  name: string,
  width: number,
  text: Column<Row>['text'],
  more: Partial<Omit<Column<Row>, 'name' | 'width' | 'text'>> = {},
): Column<Row> => ({ name, title: titles[name] ?? name, width, isNumber: false, isSorted: true, text, ...more });

export const figure = <Row = ShownRow>(
  name: string,
  width: number,
  value: (row: Row) => number | null,
  digits: number,
  title = titles[name] ?? name,
): Column<Row> => column(name, width, (row) => figureText(value(row), digits), { isNumber: true, title });

const figureText = (value: number | null, digits: number): string => {
  if (value === null) return '';
  return (digits === 0 ? numberText(value) : value.toFixed(digits)).replace('-', '−');
};

const fixed: readonly Column[] = [
  column('correct', 70, ({ correct }) => correctnessMark(correct), {
    spoken: ({ correct }) => correctnessText(correct) || t('not known'),
    look: ({ correct }) => (correct?.right ? 'right' : 'wrong'),
  }),
  column('question', 180, ({ question }) => question, { grows: true }),
  column('answer', 120, ({ answer }) => answer ?? '', { isSorted: false }),
  column('conclusion', 180, ({ conclusion }) => conclusion, { isSorted: false, grows: true }),
  figure('reward', 80, ({ reward }) => reward, 2),
  figure('advantage', 90, ({ advantage }) => advantage, 2),
  figure('tokens', 80, ({ tokens }) => tokens, 0),
  figure('characters', 90, ({ characters }) => characters, 0),
  figure('words', 80, ({ words }) => words, 0),
  figure('pass', 90, ({ pass }) => pass, 2, t('pass rate')),
  column('finish', 80, ({ finish }) => finish ?? ''),
  column('policy', 150, ({ policy }) => policy),
  figure('iteration', 80, ({ iteration }) => iteration, 0),
  figure('entropy', 90, ({ entropy }) => entropy, 3, t('mean entropy')),
  figure('logprob', 90, ({ logprob }) => logprob, 3, t('mean log-prob')),
  figure('gap', 90, ({ gap }) => gap, 4, t('mean gap (KL)')),
  figure('mismatch', 90, ({ mismatch }) => mismatch, 4),
  figure('ratio', 90, ({ ratio }) => ratio, 3, t('greatest ratio')),
  column('stage', 100, ({ stage }) => stage ?? ''),
  column('split', 80, ({ split }) => split),
  column('dataset', 120, ({ dataset }) => dataset),
  column('run', 140, ({ run }) => run ?? ''),
  column('evaluation', 140, ({ evaluation }) => evaluation ?? ''),
  column('labelled', 110, ({ labelledBy }) => namesText(labelledBy), { title: t('labelled by') }),
  column('flagged', 110, ({ flaggedBy }) => namesText(flaggedBy), { title: t('flagged by') }),
  column('tag', 140, ({ tags }) => tags.join(', '), { title: t('tags'), chips: ({ tags }) => tags }),
  column('status', 160, ({ said }) => said.join(', '), { isSorted: false }),
  column('comments', 90, ({ openComments }) => (openComments > 0 ? String(openComments) : ''), {
    ...{ isNumber: true, isSorted: false },
  }),
  column('hinted', 70, ({ hinted }) => (hinted ? t('hinted') : ''), { isSorted: false }),
];

/** All there are, with one for each part of the reward. */
export function allColumns(parts: readonly string[]): Column[] {
  const at = fixed.findIndex(({ name }) => name === 'advantage');
  return [
    ...fixed.slice(0, at),
    ...parts.map((part) => figure(`reward.${part}`, 90, ({ rewards }) => rewards[part] ?? null, 2, part)),
    ...fixed.slice(at),
  ];
}

/** Of those that are usual, the ones that a store may lack. */
const measured = ['tokens', 'characters', 'pass', 'iteration'];

const usual = [
  'correct',
  'question',
  'answer',
  'reward',
  'advantage',
  'tokens',
  'characters',
  'pass',
  'policy',
  'iteration',
  'labelled',
  'flagged',
];

/** The chosen ones that there are; unless some are chosen, those that tell most, with the numbers that some rollout has (`known`). */
export function shownColumns(
  all: readonly Column[],
  chosen: readonly string[] | null,
  known: readonly SpreadField[],
): Column[] {
  const names = usual.filter((name) => known.includes(name as SpreadField) || !measured.includes(name));
  return columnsOf(all, chosen, names);
}

/** The chosen ones that there are, in their order; else the usual ones. */
export function columnsOf<One extends Named>(
  all: readonly One[],
  chosen: readonly string[] | null,
  usual: readonly string[],
): One[] {
  const named = (names: readonly string[]): One[] =>
    names.flatMap((name) => all.find((one) => one.name === name) ?? []);
  const found = named(chosen ?? usual);
  return found.length > 0 ? found : named(usual);
}

/** The names with this one moved so many places on. */
export function moved(names: readonly string[], name: string, by: 1 | -1): string[] {
  const [from, to] = [names.indexOf(name), names.indexOf(name) + by];
  if (from < 0 || to < 0 || to >= names.length) return [...names];
  const others = names.filter((one) => one !== name);
  return [...others.slice(0, to), name, ...others.slice(to)];
}
