/** XML from outside, read whole. */
import { parseXml, type XmlElement } from '@rgrove/parse-xml';

/** Elements and attributes in one text: each takes a few hundred bytes. */
const most = 1_000_000;

/** The root of a text, null where it has none. Throws when it is no XML, or has more elements and attributes than may be read. */
export function xmlRoot(text: string): XmlElement | null {
  let marks = 0;
  for (const mark of text.matchAll(/<|=\s?["']/gu)) {
    marks += mark.length;
    // Most elements have an end beside their beginning.
    if (marks > 2 * most)
      throw new Error(`it has more than ${most} elements and attributes: export less of it, or as CSV`);
  }
  return parseXml(text).root;
}
