import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { csvLine, csvText } from '../../../src/domain/csv-line.ts';

describe('a line of CSV', () => {
  it.each(['=1+1', '+1', '-x', '@SUM(A1)', '\t=1', '\r=1'])('keeps %j a text, with an apostrophe', (text) => {
    const [[field]] = parse(csvLine([text]));
    expect(field).toBe(`'${text}`);
    expect(csvText(field)).toBe(text);
  });

  it('leaves numbers and other texts as they are', () => {
    expect(csvLine([-0.5, 1e-7, null, 'a=b', "it's", "'quoted'", 'a,"b"'])).toBe(
      `-0.5,1e-7,,a=b,it's,'quoted',"a,""b"""\n`,
    );
    expect(["'quoted'", "'", '-0.5', '=1'].map(csvText)).toEqual(["'quoted'", "'", '-0.5', '=1']);
  });

  it('gives every text back, and none that begins as a formula', () => {
    const piece = fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', '"', ',', 'a', '1', '🎬');
    const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (row) => {
        const [fields] = parse(csvLine(row));
        expect(fields.map(csvText)).toEqual(row);
        expect(fields.filter((field) => /^[=+\-@\t\r]/u.test(field))).toEqual([]);
      }),
    );
  });
});
