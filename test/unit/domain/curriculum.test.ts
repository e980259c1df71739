import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import {
  evenStages,
  inStages,
  parseStages,
  remaining,
  spanAt,
  stageSpans,
  stagesText,
} from '../../../src/domain/curriculum.ts';
import { parseRunConfig, presetConfig } from '../../../src/domain/preset.ts';

const avatar = presetConfig('avatar', 'policy', 1);

describe('the spans of a run', () => {
  it('are one where it has no curriculum', () => {
    expect(stageSpans({ ...avatar, stage: 'visual' })).toEqual([{ stage: 'visual', place: 1, first: 1, last: 24 }]);
  });

  it('follow each other, and every iteration lies in one', () => {
    const config = inStages({ ...avatar, stage: 'visual' }, parseStages('visual:2, audio-visual:1,localisation:3'));
    expect(config).toMatchObject({ stage: null, steps: 6 });
    expect(stageSpans(config)).toEqual([
      { stage: 'visual', place: 1, first: 1, last: 2 },
      { stage: 'audio-visual', place: 2, first: 3, last: 3 },
      { stage: 'localisation', place: 3, first: 4, last: 6 },
    ]);
    const stages = [1, 2, 3, 4, 5, 6].map((iteration) => spanAt(config, iteration).place);
    expect(stages).toEqual([1, 1, 2, 3, 3, 3]);
  });

  it('are even in the preset: the paper’s three stages', () => {
    const config = presetConfig('curriculum', 'policy', 1);
    expect(config).toEqual({ ...inStages(avatar, evenStages(24)), preset: 'curriculum' });
    expect(stagesText(config.stages)).toBe('visual:8,audio-visual:8,localisation:8');
  });

  it('share any number of iterations', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 1000 }), (steps) => {
        const stages = evenStages(steps);
        expect(parseRunConfig(inStages(avatar, stages)).steps).toBe(steps);
        expect(parseStages(stagesText(stages))).toEqual(stages);
      }),
    );
  });
});

describe('what is left of a run', () => {
  const curriculum = inStages(avatar, parseStages('visual:2,audio-visual:3,localisation:4'));

  it.each([
    [0, 'visual:2,audio-visual:3,localisation:4'],
    [1, 'visual:1,audio-visual:3,localisation:4'],
    [2, 'audio-visual:3,localisation:4'],
    [8, 'localisation:1'],
    [9, 'visual:2,audio-visual:3,localisation:4'],
  ])('after iteration %i is %s', (iteration, stages) => {
    expect(remaining(curriculum, iteration)).toEqual(inStages(avatar, parseStages(stages)));
  });

  it('is fewer iterations where there is no curriculum', () => {
    expect([0, 10, 24].map((iteration) => remaining(avatar, iteration).steps)).toEqual([24, 14, 24]);
  });
});

it.each([
  ['visual', 'write visual:4,audio-visual:4,localisation:4'],
  ['', 'is not a stage with its iterations'],
  ['visual:0', '“visual:0” is not a stage'],
  ['visual:2.5', 'is not a stage'],
  ['visual:4:4', 'is not a stage'],
  ['sound:4', '“sound:4” is not a stage'],
  ['visual:4,visual:4', 'stage visual is named twice'],
])('“%s” is no curriculum: %s', (text, reason) => {
  expect(() => parseStages(text)).toThrow(reason);
});
