/** Whole numbers as people read them: in one form in every language, since decimals have one, too. Pure. */

/** "1,912" */
export const numberText = (value: number): string => value.toLocaleString('en');
