/** The words of a text, as spaces and line breaks part them: 0 of a blank one. */
export const wordCount = (text: string): number => text.match(/\S+/gu)?.length ?? 0;
