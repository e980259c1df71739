/** What datasets of Video-R1, AVATAR and ms-swift say of a prompt in their own words: its type, its stage, options within its text. */
import { stages, type ProblemType, type Stage } from '../domain/rollout.ts';
import type { FileContext, PromptDraft } from './draft.ts';

const typeNames = new Map<string, ProblemType>([
  ['multiple choice', 'multiple-choice'],
  ['numerical', 'numerical'],
  ['regression', 'regression'],
  ['ocr', 'ocr'],
  ['text recognition', 'text-recognition'],
  ['free form', 'free-form'],
  ['descriptive', 'descriptive'],
  ['code', 'code'],
  ['exact', 'exact'],
]);

/**
 * By its `problem_type`; options tell of multiple choice where there is none. As AVATAR's rewards do, any other value, or none of a prompt
 * with an answer, is scored by exact match, and the import says so.
 */
export function problemTypeOf(
  value: string | null | undefined,
  { options, answer }: Pick<PromptDraft, 'options' | 'answer'>,
  { note }: Pick<FileContext, 'note'>,
): ProblemType {
  const name = plain(value ?? '');
  const known = typeNames.get(name);
  if (known !== undefined) return known;
  if (name === '' && options.length > 0) return 'multiple-choice';
  if (name === '' && answer === null) return 'free-form';
  note(
    name === ''
      ? 'rows without problem_type are scored by exact match: the column can name another way, such as free_form or numerical'
      : `problem_type “${value!.slice(0, 60)}” is none that is known here: its rows are scored by exact match`,
  );
  return 'exact';
}

/** By name, or by its place in the curriculum ("2", "stage_2"). Null, and said, where it is none. */
export function stageOf(value: string | null | undefined, { note }: Pick<FileContext, 'note'>): Stage | null {
  const name = plain(value ?? '').replace('localization', 'localisation');
  if (name === '') return null;
  const place = /^(?:stage ?)?([123])$/u.exec(name)?.[1];
  const known = place ? stages[Number(place) - 1] : stages.find((stage) => plain(stage) === name);
  if (known === undefined)
    note(`stage “${value!.slice(0, 60)}” is none of ${stages.join(', ')}, or 1 to 3: its rows have no stage`);
  return known ?? null;
}

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/gu, ' ');

/** The options that a text ends with, a line each from A on ("A. red", "(B) green"), apart from the question before them. */
export function optionsApart(text: string): { question: string; options: string[] } {
  const lines = text.trimEnd().split('\n');
  const letters = lines.map((line) => /^\s*\(?([A-Z])[.):]\s*\S/u.exec(line)?.[1]);
  const count = (letters.at(-1)?.charCodeAt(0) ?? 64) - 64;
  const start = lines.length - count;
  const inOrder = letters.slice(start).every((letter, i) => letter === String.fromCharCode(65 + i));
  if (count < 2 || start < 1 || !inOrder) return { question: text, options: [] };
  return {
    question: lines.slice(0, start).join('\n').trimEnd(),
    options: lines.slice(start).map((line) => line.trim()),
  };
}

const letteredLine = /^\s*\(?([A-Z])[.):]\s*(\S.*)$/u;

/**
 * Question and options of a prompt that a harness made: the last lines with letters from A on, and what stands before them behind the
 * word "Question:". What follows the options asks for a form of answer, and is no part of either.
 */
export function askedIn(text: string): { question: string; options: string[] } {
  const lines = text.split('\n');
  const letters = lines.map((line) => letteredLine.exec(line)?.[1]);
  const start = letters.lastIndexOf('A');
  const rest = start < 0 ? [] : letters.slice(start);
  const end = rest.findIndex((letter, i) => letter !== String.fromCharCode(65 + i));
  const count = end < 0 ? rest.length : end;
  const hasOptions = count > 1;
  const before = hasOptions ? lines.slice(0, start).join('\n') : text.split(/\n(?=Visual Information:)/u)[0];
  const label = [...before.matchAll(/(?<=^|\n)[^\S\n]*question\s*:/giu)].at(-1);
  return {
    question: (label ? before.slice(label.index + label[0].length) : before)
      .trimEnd()
      .replace(/\n[^\S\n]*(?:options|choices)\s*:?$/iu, '')
      .trim(),
    options: hasOptions
      ? lines.slice(start, start + count).map((line) => line.replace(letteredLine, '$1. $2').trimEnd())
      : [],
  };
}
