/** Options of a question of multiple choice, apart from the letters that they are shown with. */

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
