import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/evaluation/compare.ts';
import { report } from '../../../src/evaluation/report.ts';
import { scored } from '../../../src/evaluation/score.ts';
import { tablesText } from '../../../src/evaluation/table.ts';
import { comparisonTables, evaluationsTable, reportTables } from '../../../src/evaluation/tables.ts';
import { replies, reply } from './rows.ts';

const [right, wrong] = ['<answer>B</answer>', '<answer>A</answer>'];
const before = replies([right, wrong, wrong, wrong, right, wrong]);
const after = replies([right, right, right, right, wrong]);
const [first, second] = [
  { name: 'before', policy: 'tiny_policy', policyVersion: 0 },
  { name: 'after', policy: 'tiny_policy', policyVersion: 96 },
];

describe('a comparison', () => {
  it('pairs the prompts of both, and tests those that one alone has right', () => {
    const found = compare(before, after, 'ours')!;
    expect([found.onlyFirst, found.onlySecond]).toEqual([1, 0]);
    expect(found.overall).toMatchObject({
      ...{ prompts: 5, fixed: 3, broken: 1, bothRight: 1, bothWrong: 0, p: 0.625 },
      ...{ first: { value: 0.4 }, second: { value: 0.8 } },
    });
    expect(found.overall.difference.value).toBeCloseTo(0.4);
    expect(found.by).toMatchObject([
      {
        dimension: 'category',
        kinds: [
          { name: 'Art', prompts: 3, fixed: 1, broken: 1 },
          { name: 'Science', prompts: 2, fixed: 2, broken: 0 },
        ],
      },
    ]);
    expect(found.flips.map(({ kind, promptId }) => [kind, promptId])).toEqual([
      ['fixed', 'p-1'],
      ['fixed', 'p-2'],
      ['fixed', 'p-3'],
      ['broken', 'p-4'],
    ]);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(compare(before, after, 'ours')).toEqual(found);
    expect(compare(before, [], 'ours')).toBeNull();
  });

  it('takes a prompt with several replies as most of them say, and shows one that does', () => {
    const of = (answers: string[]) => answers.map((answer, i) => scored(reply(0, answer, { id: `r-${i}` }), ['ours']));
    const { overall, flips } = compare(of([right, wrong, wrong]), of([wrong, right, right]), 'ours')!;
    expect(overall).toMatchObject({ fixed: 1, first: { value: 1 / 3 }, second: { value: 2 / 3 } });
    expect(flips).toMatchObject([{ kind: 'fixed', first: 'r-1', second: 'r-1' }]);
  });
});

describe('tables', () => {
  const tables = comparisonTables(first, second, compare(before, after, 'ours')!);

  it('are Markdown that lines up', () => {
    const text = tablesText(tables, 'markdown');
    expect(text).toContain('**before → after, Rollout Lab**');
    const lines = text.split('\n').filter((line) => line.startsWith('|'));
    expect(lines[0]).toMatch(/^\| {5}\| prompts \| before +\| after +\| difference +\| fixed \| broken \|/u);
    expect(lines[2]).toMatch(/^\| all \| 5 +\| 40\.0 \[11\.8, 76\.9\] \| 80\.0 \[37\.6, 96\.4\] \| 40\.0 \[/u);
    expect(new Set(lines.slice(0, 3).map(({ length }) => length)).size).toBe(1);
  });

  it('are CSV with a column for each end of an interval', () => {
    const [head, row] = tablesText(tables.slice(0, 1), 'csv').split('\n');
    expect(head).toContain('before,before low,before high,after,');
    expect(row).toMatch(/^all,5,0\.4,0\.117/u);
  });

  it('are LaTeX in which nothing of a name is a command', () => {
    const text = tablesText([evaluationsTable([{ ...first, name: '50% & more', report: report(before) }])], 'latex');
    expect(text).toContain('50\\% \\& more & tiny\\_policy v0 & 6 & 6 & 33.3 {\\scriptsize [9.7, 70.0]}');
    expect(text).toContain('\\begin{tabular}{llrrrr}');
  });

  it('are LaTeX with signs and powers as mathematics has them', () => {
    const rows = [['all', -0.5, { value: -0.125, low: -0.5, high: 0.25, n: 4 }, 9.77e-4, 12]];
    const text = tablesText([{ title: 'a', columns: ['', 'x', 'd', 'p', 'n'], rows }], 'latex');
    expect(text).toContain('all & $-$0.5 & $-$12.5 {\\scriptsize [$-$50.0, 25.0]} & $9.8 \\times 10^{-4}$ & 12 \\\\');
  });

  it('say of one evaluation what each reader makes of it', () => {
    const text = tablesText(reportTables(first, report(before)), 'markdown');
    expect(text).toContain('before: 6 prompts, 6 replies; readers disagree on 0');
    expect(text).toMatch(/\| Rollout Lab \| 6 +\| 33\.3 \[9\.7, 70\.0\] \| 0 +\|/u);
    expect(text).toContain('**before, by category**');
  });
});
