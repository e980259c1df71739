/**
 * The time of an edit: `made` where a journal says when, else now, but always after the last one of the same thing, so that a clock that was
 * set back turns no order round. ISO 8601.
 */
export function laterThan(last: string | null, made = new Date().toISOString()): string {
  return last === null || made > last ? made : new Date(Date.parse(last) + 1).toISOString();
}
