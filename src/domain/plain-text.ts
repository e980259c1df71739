/** Text from a store, a dump or an error, made so that it can only be read. */

/**
 * Characters that do something where they are shown: control characters, such as ESC, act on a terminal; line and paragraph
 * separators break a line; Unicode's bidi controls change the order in which letters are seen. Tabs and line breaks are let be.
 */
const acting = /(?![\t\n]|\r\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A control character in a text. [start, end) in UTF-16 units. */
export interface ControlMark {
  start: number;
  end: number;
}

/** Where `text` has characters that do something where they are shown, in order. */
export function controlsIn(text: string): ControlMark[] {
  return [...text.matchAll(acting)].map(({ index, 0: { length } }) => ({ start: index, end: index + length }));
}

/** The visible sign of a control character: Unicode's picture of it, such as ␛, or its number, such as ⟨U+202E⟩. */
export function signOf(control: string): string {
  const code = control.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** `text` with signs for the characters that would do something where it is shown. Its lines stay, and every other text. */
export function plainText(text: string): string {
  return text.replaceAll(acting, signOf);
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll(/[\t\r\n]+/g, ' ');
}

/** The JSON of `document`, with escapes for what would do something on a terminal: read again, it is the same document. */
export function plainJson(document: unknown, indent?: number): string {
  return JSON.stringify(document, null, indent).replaceAll(
    acting,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
