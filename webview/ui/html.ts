/** Lit's templates for text that came from elsewhere. */
import { html as lit, type TemplateResult } from 'lit';
import { plainText } from '../../src/domain/plain-text.ts';

/** The end of what stands before the value of an attribute or a property. */
const bound = /(?<name>[\w.?@-]+)=["']?$/u;
const said = /^(?:title|placeholder|aria-.+)$/u;

/** Of each value of a template whether it is text that a person reads. */
const readIn = new WeakMap<TemplateStringsArray, boolean[]>();

function isRead(before: string): boolean {
  const name = bound.exec(before)?.groups!.name;
  return name === undefined || said.test(name);
}

/**
 * Lit's `html`, in which a string between tags or in a title, a placeholder or an `aria-` attribute is plain text. Other attributes
 * and properties get theirs as it is: a text whose offsets count, or what stands in a field.
 */
export function html(strings: TemplateStringsArray, ...values: unknown[]): TemplateResult<1> {
  const read = readIn.get(strings) ?? strings.map(isRead);
  readIn.set(strings, read);
  return lit(strings, ...values.map((value, i) => (read[i] && typeof value === 'string' ? plainText(value) : value)));
}
