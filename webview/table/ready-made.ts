/** Filters that people ask for most. Pure. */
import type { TableChoice } from '../../src/protocol/table.ts';

export interface ReadyMade extends Pick<TableChoice, 'line' | 'sort'> {
  name: string;
}

export function readyMade(length: 'tokens' | 'characters'): ReadyMade[] {
  return [
    { name: 'all', line: '', sort: null },
    { name: 'shortest wrong', line: 'correct:no', sort: { by: length, descending: false } },
    { name: 'longest right', line: 'correct:yes', sort: { by: length, descending: true } },
    { name: 'pass rate 20 to 80 %', line: 'pass:0.2..0.8', sort: { by: 'pass', descending: false } },
    { name: 'cut off at the limit', line: 'finish:length', sort: { by: 'reward', descending: true } },
    { name: 'flagged', line: 'flagged:yes', sort: null },
  ];
}
