import { describe, expect, it } from 'vitest';
import { charts } from '../../../../src/domain/metric.ts';
import { toSvg } from '../../../../webview/runs/chart-export.ts';

/** Every iteration is drawn. */
const whole = { stretch: 1, means: {} };

const run = (name: string) => ({
  id: name,
  name,
  columns: { iterations: [1, 2], values: { reward: [0.25, 0.5], kl: [null, 0.125] }, ...whole },
  stages: [],
});

describe('exported curves', () => {
  it('are a drawing of the charts that have curves, with names as text', () => {
    const svg = toSvg(charts, [run('a<b\u001b'), run('c')], 'iteration', 0);
    expect([...svg.matchAll(/font-weight="bold"[^>]*>([^<]*)</g)].map(([, title]) => title)).toEqual([
      'Reward',
      'KL (nats)',
    ]);
    expect(svg.match(/<polyline/g)).toHaveLength(4);
    expect(svg).toContain('>a&lt;b␛ ');
    expect(svg).not.toContain('NaN');
  });

  it('are drawn faint behind their smoothed line, evaluations alone as they were measured', () => {
    const columns = { iterations: [1, 2], values: { reward: [0.25, 0.5], 'accuracy/test': [0.25, 0.75] }, ...whole };
    const svg = toSvg(charts, [{ ...run('a'), columns }], 'iteration', 0.6);
    const lines = (title: string) =>
      svg
        .split('<g ')
        .find((part) => part.includes(`>${title}<`))!
        .match(/<polyline[^>]*>/g)!;
    const points = (line: string) =>
      / points="([^"]*)"/
        .exec(line)![1]
        .split(' ')
        .map((at) => Number(at.split(',')[1]));
    expect(lines('Reward')).toHaveLength(2);
    const [raw, smooth] = lines('Reward').map(points);
    expect(raw[1]).toBeLessThan(smooth[1]);
    expect(lines('Accuracy')).toHaveLength(1);
    expect(points(lines('Accuracy')[0])[1]).toBe(26);
  });

  it('of a curriculum have a named line where each stage that was reached begins', () => {
    const stages = [
      { stage: 'visual' as const, first: 1 },
      { stage: 'audio-visual' as const, first: 2 },
      { stage: 'localisation' as const, first: 9 },
    ];
    const columns = { iterations: [0, 1, 2], values: { reward: [null, 0.25, 0.5], stage: [null, 1, 2] }, ...whole };
    const svg = toSvg(charts, [{ ...run('a'), columns, stages }], 'iteration', 0);
    expect(svg.match(/stroke-dasharray="4 4"/g)).toHaveLength(2);
    expect(svg).toContain('>audio-visual<');
    expect(svg).not.toContain('localisation');
  });
});
