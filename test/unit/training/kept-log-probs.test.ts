import { expect, it } from 'vitest';
import type { Experience } from '../../../src/training/avatar/experience.ts';
import { KeptLogProbs } from '../../../src/training/avatar/kept-log-probs.ts';

/** An experience of a rollout, as far as it is asked about. */
const experience = (id: string): Experience => ({ rollout: { id } }) as Experience;
const [a, b, c] = ['a', 'b', 'c'].map(experience);

/** Says what it was asked about, and gives each rollout numbers that no one else gives. */
function engine() {
  const asked: string[][] = [];
  return {
    asked,
    logProbs: async (rows: readonly object[], of: string) => {
      expect(of).toBe('reference');
      asked.push((rows as Experience[]).map(({ rollout }) => rollout.id));
      return rows.map((_, i) => Float32Array.of(asked.length / 3, -i / 7));
    },
  };
}

it('asks once for each rollout that it keeps, and forgets the others', async () => {
  const subject = engine();
  const references = new KeptLogProbs(subject, 'reference');
  const first = await references.logProbs([a, b]);
  expect(await references.logProbs([b, c, a])).toEqual([first[1], Float32Array.of(2 / 3, -0), first[0]]);
  references.keepOnly(['a', 'd']);
  expect((await references.logProbs([a, b]))[0]).toBe(first[0]);
  expect(subject.asked).toEqual([['a', 'b'], ['c'], ['b']]);
});

it('goes on from its entries with the same bits', async () => {
  const references = new KeptLogProbs(engine(), 'reference');
  const before = await references.logProbs([a, b]);
  const subject = engine();
  const saved = JSON.parse(JSON.stringify(references.entries())) as [string, string][];
  expect(await new KeptLogProbs(subject, 'reference', saved).logProbs([a, b])).toEqual(before);
  expect(subject.asked).toEqual([]);
});
