import { expect, it } from 'vitest';
import { queryOfNode } from '../../../src/editor/query-of-node.ts';
import { shownOf } from '../../../src/editor/table-row.ts';
import { readSpreads } from '../../../src/editor/table-view.ts';
import { clientOf, makeGroup, makePrompt, openStore } from '../store/fixture.ts';

it('a dataset or a run in the trees is what the table is asked for, by a name that is of one run alone', () => {
  const dataset = { kind: 'dataset', id: 'd', dataset: 'My "clips"', prompts: 1, rollouts: 1 };
  const runs = [{ name: 'first' }, { name: 'twice' }, { name: 'twice' }];
  expect(queryOfNode(undefined, runs)).toBeNull();
  expect(queryOfNode(dataset, runs)).toBe(String.raw`dataset:"My \"clips\""`);
  expect(queryOfNode({ kind: 'run', id: 'run r1', runId: 'r1', name: 'first' }, runs)).toBe('run:first');
  expect(queryOfNode({ id: 'r2', name: 'twice', config: {} }, runs)).toBe('run:r2');
});

it('tells how numbers spread one after another: length in characters where no rollout that is kept has tokens', async () => {
  const store = openStore();
  const prompt = makePrompt();
  const tokens = { ids: new Int32Array(3), offsets: null, logProbs: null, tokenizer: null };
  store.addRollouts([prompt], [...makeGroup(prompt, [1], { tokens }), ...makeGroup(prompt, [0], { name: 'other' })]);
  const told = async (line: string): Promise<string[]> => {
    const steps: string[] = [];
    for await (const spreads of readSpreads(clientOf(store), { line, sort: null, blindFor: null }))
      steps.push(spreads.map(({ field }) => field).join(' '));
    return steps;
  };
  expect(await told('')).toEqual(['reward', 'reward tokens', 'reward tokens pass', 'reward tokens pass']);
  expect(await told('tokens:none')).toEqual(['reward', 'reward tokens', 'reward tokens pass', 'reward tokens pass']);
  expect((await told('correct:no')).at(-1)).toBe('reward characters pass');
});

it('a row names nobody else while the first pass of the viewer is blind', () => {
  const store = openStore();
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1]);
  store.addRollouts([prompt], [rollout]);
  store.labels.set({ rolloutId: rollout.id, annotator: 'ana', boundaries: [1, 2], grounding: [null, null, null] });
  store.statuses.set(rollout.id, 'ana', 'skipped', 'dull');
  store.statuses.flag(rollout.id, 'ben', true);
  store.tags.set([rollout.id], 'ben', 'bentag', true);
  store.tags.set([rollout.id], 'me', 'hack', true);
  const [row] = store.table.rows([...store.table.order({ line: '', sort: null, blindFor: null })]);
  const seen = (blindFirstPass: boolean) => shownOf(row!, { annotator: 'me', blindFirstPass });
  expect(seen(false)).toMatchObject({
    ...{ policy: 'tiny v0', conclusion: 'So it is B.', labelledBy: ['ana'], flaggedBy: ['ben'] },
    tags: ['bentag', 'hack'],
    said: ['skipped by ana: dull'],
  });
  expect(seen(true)).toMatchObject({
    labelledBy: [null],
    flaggedBy: [null],
    said: ['skipped by 1 other'],
    tags: ['hack'],
  });
  expect(JSON.stringify(seen(true))).not.toMatch(/ana|ben|dull/u);
});
