/** Evaluations, and two of them compared. */
import * as v from 'valibot';
import { compare } from '../../evaluation/compare.ts';
import { readerNames } from '../../evaluation/score.ts';
import type { EvaluationRow, Store } from '../../store/store.ts';
import { scoredReplies } from '../../training/evaluation/scored.ts';
import { cut, cutOrNull, from, id, stretch, toolOf } from '../tool.ts';

const mostRows = 50;

export const listEvaluations = toolOf({
  name: 'list_evaluations',
  title: 'List evaluations',
  description:
    'Lists evaluations, newest first: a policy’s completions of a dataset’s prompts, made or imported to be scored. compare_policies compares two of them.',
  input: v.strictObject({ from }),
  answer(store, { from }) {
    const { rows, next } = stretch(store.evaluations.all(), from, mostRows);
    return {
      next,
      evaluations: rows.map((row) => ({
        ...{ id: row.id, status: row.status, done: row.done, total: row.total, policyVersion: row.policyVersion },
        ...{ createdAt: row.createdAt, endedAt: row.endedAt },
        untrusted: {
          ...{ name: cut(row.name), policy: cut(row.policy), adapter: cutOrNull(row.adapter) },
          ...{ dataset: cutOrNull(row.dataset), split: cutOrNull(row.split), error: cutOrNull(row.error) },
        },
      })),
    };
  },
});

const mostFlips = 30;
const mostKinds = 30;

export const comparePolicies = toolOf({
  name: 'compare_policies',
  title: 'Compare two policies',
  description:
    'Compares two policies by an evaluation of each, on the prompts that both have: accuracy with 95 % intervals, the difference with the paired bootstrap’s interval, the exact McNemar test, the same by kind of prompt, and the prompts that the second has right and the first has not (fixed) or the other way (broken), a page at a time, with a rollout of each.',
  input: v.strictObject({
    first: id('Id or name of an evaluation of the first policy.'),
    second: id('Id or name of an evaluation of the second.'),
    rule: v.optional(
      v.pipe(
        v.picklist(readerNames),
        v.description('Who says what is right: what was recorded, or a rule; ours unless said.'),
      ),
      'ours',
    ),
    from,
  }),
  answer(store, { first, second, rule, from }) {
    const [a, b] = [named(store, first), named(store, second)];
    const [before, after] = [a, b].map(({ id }) => scoredReplies(store, id, [rule]));
    const compared = compare(before, after, rule);
    if (compared === null)
      throw new Error(
        `${first} and ${second} have no prompt in common that the rule ${rule} can score: compare evaluations of one dataset, or take another rule (recorded takes what came with them)`,
      );
    const { rows, next } = stretch(compared.flips, from, mostFlips);
    return {
      ...{ first: a.id, second: b.id, rule, onlyFirst: compared.onlyFirst, onlySecond: compared.onlySecond },
      overall: compared.overall,
      flips: rows.map(({ kind, promptId, first, second, question, category }) => ({
        ...{ kind, promptId, first, second },
        untrusted: { question: cut(question), category: cutOrNull(category) },
      })),
      ...{ flipsInAll: compared.flips.length, next },
      untrusted: {
        ...{ firstName: cut(a.name), firstPolicy: cut(a.policy), secondName: cut(b.name), secondPolicy: cut(b.policy) },
        by: compared.by.map(({ dimension, kinds }) => ({
          dimension,
          kinds: kinds.slice(0, mostKinds).map((kind) => ({ ...kind, name: cut(kind.name) })),
        })),
      },
    };
  },
});

/** An evaluation by its id, or by its name where one alone has it. */
function named(store: Store, name: string): EvaluationRow {
  const found = store.evaluations.all().filter((row) => row.id === name || row.name === name);
  if (found.length === 1) return found[0];
  throw new Error(
    found.length === 0
      ? `there is no evaluation ${name} in this store: list_evaluations shows them`
      : `${found.length} evaluations are called ${name}: name one by its id, as list_evaluations gives it`,
  );
}
