/** Options of a question of multiple choice, apart from the letters that they are shown with; and their pictures. */
import type { Prompt } from './rollout.ts';

export interface Option {
  /** A capital. */
  letter: string;
  /** Without its letter and space around it. */
  text: string;
}

/**
 * Each option's letter and text ("A. red", "(b) green", "C blue"). Where one has no letter, or two have the same, all are texts alone
 * (`lettered` is false) and count from A.
 */
export function letteredOptions(options: readonly string[]): { lettered: boolean; options: Option[] } {
  const parts = options.map((option) => /^\(?([A-Za-z])[).:\s]+(.*)$/su.exec(option.trim()));
  const letters = new Set(parts.map((part) => part?.[1].toUpperCase()));
  const lettered = letters.size === options.length && !parts.includes(null);
  return {
    lettered,
    options: options.map((option, i) => ({
      letter: lettered ? parts[i]![1].toUpperCase() : String.fromCharCode(65 + i),
      text: (lettered ? parts[i]![2] : option).trim(),
    })),
  };
}

/** A picture in an option's text, as datasets write it: the next one, or the one of this number ("<image>", "<image 2>"). */
const pictured = /<image[ _]?(\d*)>/gu;

/** The text of an option without the mark of its picture. */
export function withoutPicture(option: string): string {
  return option.replaceAll(pictured, '').trim();
}

/**
 * Of each option the path of the first picture in it; null of one without. Pictures without a number are in order the last of the prompt's,
 * as the question, which has the others, stands before its options; where the prompt has fewer there are none.
 */
export function optionPictures({ options, media }: Pick<Prompt, 'options' | 'media'>): (string | null)[] {
  const pictures = (media ?? []).filter(({ kind }) => kind === 'image').map(({ path }) => path);
  const marks = options.map((option) => [...option.matchAll(pictured)].map(([, number]) => number));
  const inTurn = marks.flat().filter((number) => number === '').length;
  let next = pictures.length - inTurn;
  if (next < 0) return options.map(() => null);
  return marks.map((numbers) => {
    const own = numbers.map((number) => pictures[number === '' ? next++ : Number(number) - 1] as string | undefined);
    return own[0] ?? null;
  });
}
