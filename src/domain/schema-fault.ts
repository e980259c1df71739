/** Why a schema refuses a value, in words for people. */
import * as v from 'valibot';

/** Valibot's names of what a value must be. */
const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
  Record: 'an object',
};

/** How a limit is said, by valibot's name of it. */
const limits: Readonly<Record<string, (requirement: unknown) => string>> = {
  min_value: (least) => `must be at least ${String(least)}`,
  max_value: (most) => `must be at most ${String(most)}`,
  gt_value: (bound) => `must be more than ${String(bound)}`,
  lt_value: (bound) => `must be less than ${String(bound)}`,
  min_length: (least) => `must be at least ${String(least)} long`,
  max_length: (most) => `must be at most ${String(most)} long`,
  integer: () => 'must be a whole number',
  safe_integer: () => `must be a whole number of at most ${Number.MAX_SAFE_INTEGER}`,
  finite: () => 'must be a finite number',
};

/** What an issue asks for and what was there instead. A schema's own words stand as they are; valibot's name operators and types. */
export function faultWords(issue: v.BaseIssue<unknown>): string {
  const { type, expected, received, message } = issue;
  if (!message.startsWith('Invalid ')) return message;
  const was = received.replace(/^"(.*)"$/su, '“$1”');
  if (type === 'parse_json') return `is not JSON: ${was.slice(1, -1)}`;
  if (type === 'non_empty') return 'must not be empty';
  if (message.startsWith('Invalid key')) return expected === 'never' ? 'is no key that is known' : 'is missing';
  const limit = limits[type];
  if (limit) return `${limit(issue.requirement)}, not ${kinds[received] ?? was}`;
  if (expected === null) return message;
  const choices = expected
    .replace(/^\((.*)\)$/su, '$1')
    .split(' | ')
    .map((one) => kinds[one] ?? one.replaceAll('"', ''));
  return `must be ${choices.join(', ').replace(/, ([^,]*)$/u, ' or $1')}, not ${kinds[received] ?? was}`;
}

/** The same behind the key that it is about, where it is about one. */
export const faultText = (issue: v.BaseIssue<unknown>): string =>
  [v.getDotPath(issue), faultWords(issue)].filter(Boolean).join(': ');
