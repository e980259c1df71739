import { expect, it } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curvesOf, tokenFacts } from '../../../src/domain/token-curve.ts';
import { exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

const logProbs = Float32Array.of(-0.5, -1, -Infinity, -0.25);
const curves = {
  entropy: Float32Array.of(0.1, 0.2, 0.3, Number.NaN),
  trainer: Float32Array.of(-0.4, -1.2, -3, -0.25),
  reference: Float32Array.of(-0.6, -0.9, -2, -0.5),
  credit: Float32Array.of(0.5, 0.65, -0.5, 0.5),
};

function measured(changes: Partial<NonNullable<Rollout['tokens']>> = {}): { store: Store; rollouts: Rollout[] } {
  const store = openStore();
  const prompt = makePrompt();
  const [one, other] = makeGroup(prompt, [1, 0]);
  const tokens = { ids: Int32Array.of(1, 2, 3, 4), offsets: null, logProbs, tokenizer: null, curves, ...changes };
  const rollouts = [{ ...one, tokens }, other];
  store.addRollouts([prompt], rollouts);
  return { store, rollouts };
}

it('curves of tokens are kept bit for bit, read apart from the rollout, and gone with it', () => {
  const { store, rollouts } = measured();
  expect(store.curves.of(rollouts[0].id)).toEqual(curves);
  expect(store.curves.of(rollouts[1].id)).toEqual({});
  expect(store.curves.of('none')).toEqual({});
  expect(store.rollouts.get(rollouts[0].id)!.tokens).not.toHaveProperty('curves');
  raw(store.file, (database) => {
    database.pragma('foreign_keys = ON');
    database.exec('DELETE FROM rollouts');
    for (const table of ['token_curves', 'token_facts'])
      expect(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()).toEqual({ count: 0 });
  });
});

it('a curve that is not as long as the completion is refused', () => {
  expect(() => measured({ curves: { entropy: Float32Array.of(1) } })).toThrow('entropy: 1 values for 4 tokens');
});

it('what follows from curves is told of each token and of all, without those that are not known', () => {
  const all = new Map(curvesOf(logProbs, curves).map(({ name, values }) => [name, values]));
  expect([...all.keys()]).toEqual([
    'entropy',
    'log-prob',
    'reference',
    'trainer',
    'reference gap',
    'trainer gap',
    'ratio',
    'credit',
  ]);
  expect(all.get('reference gap')![0]).toBeCloseTo(0.1);
  expect(all.get('trainer gap')![1]).toBeCloseTo(-0.2);
  expect(all.get('ratio')![0]).toBeCloseTo(Math.exp(0.1));
  const facts = tokenFacts({ logProbs, curves });
  expect(facts.entropy).toBeCloseTo(0.2);
  expect(facts.logProb).toBeCloseTo(-1.75 / 3);
  expect(facts.gap).toBeCloseTo((0.1 - 0.1 + 0.25) / 3);
  expect(facts.mismatch).toBeCloseTo((Math.exp(0.1) - 0.1 - 1 + (Math.exp(-0.2) + 0.2 - 1)) / 3);
  expect(facts.ratio).toBeCloseTo(Math.exp(0.1));
  expect(tokenFacts({ logProbs: null })).toEqual({
    entropy: null,
    logProb: null,
    gap: null,
    mismatch: null,
    ratio: null,
  });
  expect(curvesOf(null, {})).toEqual([]);
});

it('the table sorts and filters by them', () => {
  const { store, rollouts } = measured();
  const kept = (line: string): string[] => {
    const numbers = store.table.order({ line, sort: { by: 'entropy', descending: true }, blindFor: null });
    return store.table.ids([...numbers]) as string[];
  };
  const ids = rollouts.map(({ id }) => id);
  expect(kept('')).toEqual(ids);
  expect(kept('entropy:>0.15 ratio:>1.1 gap:0..1 mismatch:>0 logprob:<0')).toEqual([ids[0]]);
  expect(kept('entropy:none')).toEqual([ids[1]]);
});

it('curves go out with rollouts and come back', async () => {
  const { store, rollouts } = measured();
  const out = join(temporaryFolder(), 'out.rollouts.jsonl');
  await exportRollouts(store, out, 'rollout-lab');
  const other = openStore();
  expect(await importFiles(other, [out])).toMatchObject({ rollouts: 2, rejected: [] });
  expect(other.curves.of(rollouts[0].id)).toEqual(curves);
  // Once more: nothing changes.
  expect((await importFiles(other, [out], { update: true })).updated).toMatchObject({ rollouts: 0 });
});

it('a rollout that came in without curves gets them when it is imported again', async () => {
  const { store, rollouts } = measured({ curves: {} });
  const bare = join(temporaryFolder(), 'out.rollouts.jsonl');
  await exportRollouts(store, bare, 'rollout-lab');
  const other = openStore();
  await importFiles(other, [bare]);
  expect(other.curves.of(rollouts[0].id)).toEqual({});
  const { store: full } = measured();
  await exportRollouts(full, bare, 'rollout-lab');
  await importFiles(other, [bare]);
  expect(other.curves.of(rollouts[0].id)).toEqual(curves);
  expect(other.table.order({ line: 'ratio:>1.1', sort: null, blindFor: null })).toHaveLength(1);
});

it.each([
  ['is as long as the completion', { entropy: [0.1] }, 'tokens.entropy: 1 values for 4 tokens'],
  ['is one of those that there are', { surprise: [1, 2, 3, 4] }, /curves\.surprise/u],
])('a curve in a file %s, or its line is told of', async (_, wrong, reason) => {
  const { store } = measured({ curves: {} });
  const file = join(temporaryFolder(), 'out.rollouts.jsonl');
  await exportRollouts(store, file, 'rollout-lab', { ids: [measured().rollouts[0].id] });
  const line = JSON.parse(readFileSync(file, 'utf8')) as { rollout: { tokens: object } };
  Object.assign(line.rollout.tokens, { curves: wrong });
  writeFileSync(file, JSON.stringify(line));
  const { rejected } = await importFiles(openStore(), [file]);
  expect(rejected).toHaveLength(1);
  expect(rejected[0].reason).toMatch(reason);
});
