import { describe, expect, it } from 'vitest';
import { chartMetrics, charts, metricLabel } from '../../../src/domain/metric.ts';

const chart = (id: string) => charts.find((one) => one.id === id)!;

describe('charts', () => {
  it('show the total reward first, then its parts by name', () => {
    expect(chartMetrics(chart('reward'), ['reward/format', 'kl', 'reward/accuracy', 'reward'])).toEqual([
      'reward',
      'reward/accuracy',
      'reward/format',
    ]);
  });

  it('show nothing for what a run does not measure', () => {
    expect(chartMetrics(chart('tiers'), ['reward', 'kl'])).toEqual([]);
  });

  it('label a reward part by its own name', () => {
    expect(metricLabel('reward/judge')).toBe('judge');
    expect(metricLabel('accuracy/test')).toBe('held out');
    expect(metricLabel('accuracy/validation/visual')).toBe('validation, visual');
  });
});
