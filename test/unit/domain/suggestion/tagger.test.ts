import { describe, expect, it } from 'vitest';
import { Random } from '../../../../src/domain/random.ts';
import { minimise } from '../../../../src/domain/suggestion/lbfgs.ts';
import {
  exampleOf,
  lossOf,
  placeOf,
  suggestByTagger,
  trainTagger,
  type LabelledText,
  type TrainingSet,
} from '../../../../src/domain/suggestion/tagger.ts';
import { readText } from '../../../../src/domain/suggestion/sentences.ts';
import { sampleLabels } from './sample-labels.ts';

describe('L-BFGS', () => {
  it('finds the minimum of a function whose minimum is known', () => {
    // Rosenbrock's valley, from the origin to (1, 1).
    const found = minimise(
      (point, gradient) => {
        const [x, y] = point;
        gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
        gradient[1] = 200 * (y - x * x);
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
      },
      2,
      200,
      0,
    );
    expect(found[0]).toBeCloseTo(1, 5);
    expect(found[1]).toBeCloseTo(1, 5);
  });
});

describe('the tagger', () => {
  it('has the gradient of its loss', () => {
    const random = Random.seeded(1, 'gradient');
    const [phases, rows] = [3, 6];
    const lists = (count: number): TrainingSet['unit'] => ({
      items: Int32Array.from({ length: 2 * count }, () => random.integer(rows)),
      ends: Int32Array.from({ length: count }, (_, i) => 2 * (i + 1)),
    });
    // Lists that stand in several texts, and several times in one.
    const numbers = (count: number): Int32Array => Int32Array.from({ length: count }, () => random.integer(4));
    const objective = lossOf(
      {
        examples: [
          { unit: numbers(5), place: numbers(6), places: [2, 4] },
          { unit: numbers(3), place: numbers(4), places: [0, 0] },
          { unit: numbers(4), place: numbers(5), places: [4, 4] },
        ],
        unit: lists(4),
        place: lists(4),
      },
      phases,
    );
    const weights = Float64Array.from({ length: rows * phases }, () => random.uniform() - 0.5);
    const gradient = new Float64Array(weights.length);
    objective(weights, gradient);
    const at = (i: number, step: number): number => {
      const moved = weights.slice();
      moved[i] += step;
      return objective(moved, new Float64Array(weights.length));
    };
    gradient.forEach((slope, i) => expect(slope).toBeCloseTo((at(i, 1e-5) - at(i, -1e-5)) / 2e-5, 6));
  });

  it('learns the sample’s phases from thirty labels, for prompts it has not seen', () => {
    const labels = sampleLabels();
    const [seen, unseen] = [labels.slice(0, 30), labels.slice(40, 240)];
    const known = new Set(seen.map(({ promptId }) => promptId));
    expect(unseen.every(({ promptId }) => !known.has(promptId))).toBe(true);
    const tagger = trainTagger(seen.map(exampleOf), { phases: 3, seed: 1 });
    const right = unseen.filter(({ text, boundaries }) => {
      const { boundaries: suggested, scores, entropy } = suggestByTagger(tagger, text);
      expect(scores.every((score) => score > 0 && score <= 1 + 1e-9)).toBe(true);
      expect(entropy).toBeGreaterThanOrEqual(0);
      return suggested.every((boundary, k) => boundary === boundaries[k]);
    });
    expect(right.length / unseen.length).toBeGreaterThan(0.95);
    expect(suggestByTagger(trainTagger(seen.map(exampleOf), { phases: 3, seed: 1 }), unseen[0].text)).toEqual(
      suggestByTagger(tagger, unseen[0].text),
    );
  });

  it('puts boundaries where people put them: in a sentence, after the space, or nowhere', () => {
    const texts = ['red', 'green', 'blue', 'dark', 'low', 'high'].map(
      (word) => `we go on until ${word} but then ${word} is over`,
    );
    const labels: LabelledText[] = texts.map((text, i) => ({
      text,
      boundaries: [text.indexOf('but'), text.length],
      promptId: String(i),
    }));
    const tagger = trainTagger(labels.map(exampleOf), { phases: 3, seed: 1 });
    const text = 'we go on until noon but then noon is over';
    expect(suggestByTagger(tagger, text).boundaries).toEqual([text.indexOf('but'), text.length]);
  });

  it('is no surer than it is right', () => {
    // Whether “x” begins the second phase is chance, two times of three.
    const random = Random.seeded(1, 'chance');
    const labels = Array.from({ length: 120 }, (_, i): LabelledText => {
      const text = `a b c d x e f g`;
      return { text, boundaries: [random.uniform() < 2 / 3 ? 7 : 9], promptId: String(i) };
    });
    const { boundaries, scores } = suggestByTagger(
      trainTagger(labels.map(exampleOf), { phases: 2, seed: 1 }),
      'a b c d x e f g',
    );
    expect(boundaries).toEqual([7]);
    expect(scores[0]).toBeGreaterThan(0.55);
    expect(scores[0]).toBeLessThan(0.78);
  });
});

describe('the place of a boundary', () => {
  const text = 'one two  three ';
  const { starts } = readText(text);
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
    [4, 1],
    [8, 2],
    [9, 2],
    [14, 3],
    [15, 3],
  ])('at %i is %i', (offset, place) => {
    expect(placeOf(text, starts, offset)).toBe(place);
  });
});
