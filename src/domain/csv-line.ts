/** A line of CSV (RFC 4180, but LF) that a spreadsheet shows and does not run. Pure. */

export type CsvField = string | number | null;

/** What a spreadsheet takes for a formula, behind the apostrophes that keep it a text. */
const formula = /^'*[=+\-@\t\r]/u;

/**
 * Null is an empty field, a number is written as a number. A text that a spreadsheet would run as a formula gets an apostrophe before it,
 * which `csvText` takes away.
 */
export function csvLine(row: readonly CsvField[]): string {
  const fields = row.map((field) => {
    if (typeof field === 'number') return String(field);
    const text = field === null ? '' : formula.test(field) ? `'${field}` : field;
    return /[",\n\r]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${fields.join(',')}\n`;
}

/** The text that `csvLine` wrote as `field`. */
export const csvText = (field: string): string =>
  field.startsWith("'") && formula.test(field) ? field.slice(1) : field;
