import { describe, expect, it } from 'vitest';
import type { RolloutNode, RootRow, Row } from '../../../src/editor/rollout-node.ts';
import { readRoots } from '../../../src/editor/rollout-roots.ts';
import { RolloutRows, rowOf, type Reading } from '../../../src/editor/rollout-rows.ts';
import { presetConfig } from '../../../src/domain/preset.ts';
import { clientOf, makeGroup, makePrompt, openStore } from '../store/fixture.ts';

const count = 260;
const viewer = { annotator: 'me', blindFirstPass: true };
const dataset: RootRow = {
  ...{ kind: 'dataset', id: 'dataset d', parent: null },
  ...{ dataset: 'd', prompts: count, rollouts: 2 * count },
};

/** A dataset of more prompts than a page has; of each, a right and a wrong rollout, but of the last one right ones alone. */
function reading(): { reading: Reading; rollouts: string[] } {
  const store = openStore();
  const prompts = Array.from({ length: count }, (_, i) =>
    makePrompt({ id: `p${i}`, dataset: 'd', question: `Which ${i}?` }),
  );
  const rollouts = prompts.flatMap((prompt, i) => makeGroup(prompt, [1, i === count - 1 ? 1 : 0]));
  store.addRollouts(prompts, rollouts);
  return { reading: { client: clientOf(store), filter: undefined, viewer }, rollouts: rollouts.map(({ id }) => id) };
}

const kinds = (rows: readonly RolloutNode[]): string[] =>
  rows.map((row) => (row.kind === 'prompt' ? row.prompt.id : row.kind));

describe('the row of the rollout in Review', () => {
  it('has all above it, and its place in its group', async () => {
    const { reading: asked, rollouts } = reading();
    const row = (await rowOf(rollouts[3], [dataset], null, asked))!;
    expect([row.place, row.parent.kind, row.parent.parent.prompt.id, row.parent.parent.parent]).toEqual([
      2,
      'group',
      'p1',
      dataset,
    ]);
    const rows = new RolloutRows();
    expect(rows.show(row)).toBe(false);
    const path = [dataset, row.parent.parent, row.parent];
    for (const [i, one] of path.entries())
      expect((await rows.below(one, asked)).map(({ id }) => id)).toContain([...path, row][i + 1].id);
  });

  it('stands after “Load more…” where it lies further on, until the page that has it', async () => {
    const { reading: asked, rollouts } = reading();
    const rows = new RolloutRows();
    expect(kinds(await rows.below(dataset, asked))).toHaveLength(101);
    const row = (await rowOf(rollouts[2 * 150], [dataset], null, asked))!;
    // What was read before does not have it.
    expect(rows.show(row)).toBe(true);
    const further = await rows.below(dataset, asked);
    expect(kinds(further).slice(99)).toEqual(['p99', 'more', 'p150']);
    expect(further.at(-1)!.id).toBe(row.parent.parent.id);
    expect(rows.show(row)).toBe(false);
    rows.loadMore(dataset);
    const loaded = kinds(await rows.below(dataset, asked));
    expect([loaded.length, loaded.filter((id) => id === 'p150').length, loaded.at(-1)]).toEqual([201, 1, 'more']);
  });

  it('stands so in a group of more rollouts than a page, too', async () => {
    const store = openStore();
    const prompt = makePrompt({ dataset: 'd' });
    const rollouts = makeGroup(
      prompt,
      Array.from({ length: 130 }, (_, i) => i),
    );
    store.addRollouts([prompt], rollouts);
    const asked = { client: clientOf(store), filter: undefined, viewer };
    const rows = new RolloutRows();
    const row = (await rowOf(rollouts[120].id, [dataset], null, asked))!;
    rows.show(row);
    const below = await rows.below(row.parent, asked);
    expect(below.slice(100)).toMatchObject([{ kind: 'more' }, { id: row.id, place: 121 }]);
  });

  it('is none where the filter leaves its prompt out, nor where there is no such rollout', async () => {
    const { reading: asked, rollouts } = reading();
    const filtered: Reading = { ...asked, filter: 'vanishing' };
    const last = (await rowOf(rollouts.at(-1)!, [dataset], null, filtered))!;
    expect(last.parent.parent.prompt.id).toBe(`p${count - 1}`);
    expect(await rowOf(rollouts[0], [dataset], null, filtered)).toBeNull();
    expect(await rowOf('none', [dataset], null, asked)).toBeNull();
    // The filter came after it: it is not put beside what that keeps.
    const rows = new RolloutRows();
    rows.show((await rowOf(rollouts[300], [dataset], null, asked))!);
    expect(kinds(await rows.below(dataset, filtered))).toEqual([`p${count - 1}`]);
  });

  it('is below its run where one looks at that, else below its dataset', async () => {
    const store = openStore();
    const prompt = makePrompt({ dataset: 'd' });
    const run = store.runs.create('one', presetConfig('avatar', '/models/cold-start', 7));
    const rollouts = makeGroup(prompt, [1, 0]).map((rollout) => ({ ...rollout, runId: run.id }));
    store.addRollouts([prompt], rollouts);
    const asked = { client: clientOf(store), filter: undefined, viewer };
    const roots: RootRow[] = [dataset, { kind: 'run', id: `run ${run.id}`, parent: null, runId: run.id, name: 'one' }];
    const rootOf = async (inRun: string | null): Promise<string> =>
      (await rowOf(rollouts[0].id, roots, inRun, asked))!.parent.parent.parent.id;
    expect(await Promise.all([null, run.id, 'another'].map(rootOf))).toEqual([dataset.id, `run ${run.id}`, dataset.id]);
  });
});

it('the roots are what the filter leaves, with what there is of all', async () => {
  const { reading: asked, rollouts } = reading();
  const all = await readRoots(asked.client, undefined);
  expect(all).toEqual({ rows: [dataset], holds: { prompts: count, rollouts: rollouts.length, kept: null } });
  expect((await readRoots(asked.client, 'vanishing')).holds.kept).toBe(1);
  const none = await readRoots(clientOf(openStore()), 'vanishing');
  expect(none).toEqual({ rows: [], holds: { prompts: 0, rollouts: 0, kept: 0 } });
});

it('rows of two folders that have the same rollouts are not the same rows', async () => {
  const { reading: asked, rollouts } = reading();
  // Only its id is looked at here.
  const rowsIn = async (id: string): Promise<string[]> => {
    const parent = { kind: 'folder', id } as Row<'folder'>;
    const row = (await rowOf(rollouts[0], [{ ...dataset, id: `${id} dataset d`, parent }], null, asked))!;
    return [row, row.parent, row.parent.parent, row.parent.parent.parent].map((one) => one.id);
  };
  const [one, other] = [await rowsIn('folder one'), await rowsIn('folder other')];
  expect(one.filter((id) => other.includes(id))).toEqual([]);
});
