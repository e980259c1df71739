/** Filters that people ask for most. Pure. */
import { t } from '@vscode/l10n';
import type { TableChoice } from '../../src/protocol/table.ts';

export interface ReadyMade extends Pick<TableChoice, 'line' | 'sort'> {
  name: string;
}

export function readyMade(length: 'tokens' | 'characters'): ReadyMade[] {
  return [
    { name: t('all'), line: '', sort: null },
    { name: t('shortest wrong'), line: 'correct:no', sort: { by: length, descending: false } },
    { name: t('longest right'), line: 'correct:yes', sort: { by: length, descending: true } },
    { name: t('pass rate 20 to 80 %'), line: 'pass:0.2..0.8', sort: { by: 'pass', descending: false } },
    { name: t('cut off at the limit'), line: 'finish:length', sort: { by: 'reward', descending: true } },
    { name: t('flagged'), line: 'flagged:yes', sort: null },
  ];
}
