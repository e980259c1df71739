import { describe, expect, it } from 'vitest';
import { counted } from '../../../../src/domain/counted.ts';
import { report } from '../../../../src/evaluation/report.ts';
import { readerNames, readerTitle, scored } from '../../../../src/evaluation/score.ts';
import { accuracyTables } from '../../../../webview/evaluation/accuracy-rows.ts';
import { disagreementRow, flipRow } from '../../../../webview/evaluation/reply-rows.ts';
import { differenceText, pText, shareText } from '../../../../webview/evaluation/share-text.ts';
import { reply, replies } from '../../evaluation/rows.ts';

const readers = readerNames.map((name) => ({ name, title: readerTitle(name), source: '' }));

describe('accuracy as a table', () => {
  it('has a row for all prompts and one for each kind, with each reader’s share and what it did not read', () => {
    const { readers } = report(replies(['<answer>B</answer>', 'B', '<answer>A</answer>', '<answer>B</answer>']));
    const [all, byCategory, ...others] = accuracyTables(readers);
    expect(others).toEqual([]);
    expect(all.rows).toHaveLength(1);
    expect(all.rows[0]).toMatchObject({ name: 'all', prompts: 4 });
    expect(all.rows[0].cells.map((cell) => [cell!.accuracy.value, cell!.unread])).toEqual([
      [0.75, null],
      [0.5, 1],
    ]);
    expect(byCategory.dimension).toBe('category');
    expect(byCategory.rows.map(({ name, prompts }) => [name, prompts])).toEqual([
      ['Art', 2],
      ['Science', 2],
    ]);
    expect(byCategory.rows[1].cells.map((cell) => cell!.unread)).toEqual([null, 1]);
  });

  it('has no share where a rule is not defined for a kind of prompt', () => {
    const open = { category: 'Science', problemType: 'numerical' as const, options: [], answer: '2' };
    const mixed = [reply(0, '<answer>B</answer>'), reply(1, '<answer>2</answer>', open)].map((one) =>
      scored(one, ['ours', 'video-holmes']),
    );
    const [, byCategory] = accuracyTables(report(mixed).readers);
    expect(byCategory.rows.map(({ name, cells }) => [name, cells.map((cell) => cell?.accuracy.value ?? null)])).toEqual(
      [
        ['Art', [1, 1]],
        ['Science', [1, null]],
      ],
    );
  });
});

describe('a reply in a list', () => {
  it('says which rules call it right, and what each took', () => {
    const all = scored(reply(1, 'A man enters. The answer is B.'), readerNames);
    const [row] = report([all]).disagreements.rows;
    const { mark, detail, rolloutIds } = disagreementRow({ ...row, reads: { ...row.reads } }, readers);
    expect(rolloutIds).toEqual(['r-1']);
    expect(mark).toMatch(/^\d+ of \d+ ✓$/u);
    expect(detail).toMatch(
      /^right: As recorded, .*AVATAR, of MMVU \(“B”\).* · wrong: Rollout Lab \(no answer\), Video-Holmes \(“A”\)/u,
    );
  });

  it('opens both replies of a prompt that changed', () => {
    const flip = { promptId: 'p', question: 'Why?', category: 'Art', first: 'r-1', second: 'r-2' };
    expect(flipRow({ kind: 'broken', ...flip })).toEqual({
      ...{ rolloutIds: ['r-1', 'r-2'], question: 'Why?', mark: '✗ broken', detail: 'Art' },
    });
    expect(flipRow({ kind: 'fixed', ...flip, category: null })).toMatchObject({ mark: '✓ fixed', detail: '' });
  });
});

describe('figures in words', () => {
  it('are in percent, differences in points with their sign', () => {
    expect(shareText({ value: 0.6564, low: 0.6, high: 0.7, n: 10 })).toBe('65.6 % (60.0 to 70.0)');
    expect(differenceText({ value: 0.054, low: -0.001, high: 0.109, n: 10 })).toBe('+5.4 (−0.1 to +10.9)');
    expect(differenceText({ value: 0, low: -0.5, high: 0.5, n: 10 })).toBe('0.0 (−50.0 to +50.0)');
  });

  it('have a p of three decimals, and say when it is smaller', () => {
    expect([1, 0.0314, 0.0009].map(pText)).toEqual(['1.000', '0.031', 'below 0.001']);
    expect([counted(1, 'reply'), counted(1912, 'reply'), counted(2, 'prompt')]).toEqual([
      '1 reply',
      '1,912 replies',
      '2 prompts',
    ]);
  });
});
