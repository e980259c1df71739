/** Shares, their differences and p as people read them. Pure. */
import { t } from '@vscode/l10n';
import type { ShownEstimate } from '../../src/protocol/evaluation.ts';

/** "65.6" */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** "65.6 % (62.1 to 69.0)" */
export const shareText = ({ value, low, high }: ShownEstimate): string =>
  t('{0} % ({1} to {2})', percent(value), percent(low), percent(high));

const signed = (share: number): string => `${share < 0 ? '−' : share > 0 ? '+' : ''}${percent(Math.abs(share))}`;

/** In points of percent: "+5.4 (−0.1 to +10.9)" */
export const differenceText = ({ value, low, high }: ShownEstimate): string =>
  t('{0} ({1} to {2})', signed(value), signed(low), signed(high));

/** "0.031", "below 0.001" */
export const pText = (p: number): string => (p < 0.001 ? t('below 0.001') : p.toFixed(3));
