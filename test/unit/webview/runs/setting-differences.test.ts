import { expect, it } from 'vitest';
import { settingDifferences } from '../../../../webview/runs/setting-differences.ts';

it('tells the settings in which runs differ, and what a run lacks', () => {
  const one = [
    ['preset', 'avatar'],
    ['seed', '1'],
    ['tas.lambda', '0.3'],
  ] as const;
  const other = [
    ['preset', 'avatar'],
    ['seed', '2'],
    ['judge.model', 'm'],
  ] as const;
  expect(settingDifferences([one, other])).toEqual([
    { name: 'seed', values: ['1', '2'] },
    { name: 'tas.lambda', values: ['0.3', '–'] },
    { name: 'judge.model', values: ['–', 'm'] },
  ]);
  expect(settingDifferences([one, one])).toEqual([]);
});
