import { describe, expect, it } from 'vitest';
import { isBlindPass, marksText, namesText, seenMarks } from '../../../src/domain/review.ts';

const marks = {
  labelledBy: ['ana', 'ben'],
  statuses: [
    { annotator: 'ana', status: 'submitted' as const, reason: null },
    { annotator: 'ben', status: 'skipped' as const, reason: 'too dark' },
    { annotator: 'cy', status: 'submitted' as const, reason: null },
  ],
  flaggedBy: ['ben', 'me'],
  tags: [
    { annotator: 'ben', tag: 'dark' },
    { annotator: 'me', tag: 'hack' },
    { annotator: 'cy', tag: 'hack' },
  ],
};
const me = { annotator: 'me', blindFirstPass: true };

describe('a blind first pass', () => {
  it('ends with one’s own label, and the setting turns it off', () => {
    expect(isBlindPass(['ana'], me)).toBe(true);
    expect(isBlindPass(['ana', 'me'], me)).toBe(false);
    expect(isBlindPass(['ana'], { ...me, blindFirstPass: false })).toBe(false);
  });

  it('counts the others and names only oneself', () => {
    const seen = seenMarks(marks, me);
    expect(JSON.stringify(seen)).not.toMatch(/ana|ben|cy|dark/u);
    expect(namesText(seen.labelledBy)).toBe('2 others');
    expect(marksText(seen)).toEqual([
      'submitted by 2 others',
      'skipped by 1 other',
      'flagged by me, 1 other',
      'tagged hack',
    ]);
  });

  it('hides nothing from somebody who has labelled', () => {
    const seen = seenMarks(marks, { ...me, annotator: 'ana' });
    expect(seen).toEqual(marks);
    expect(namesText(seen.labelledBy)).toBe('ana, ben');
    expect(marksText(seen)).toEqual([
      'submitted by ana',
      'skipped by ben: too dark',
      'submitted by cy',
      'flagged by ben, me',
      'tagged dark, hack',
    ]);
  });
});
