import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import type { NewSuggestion, Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function storeWithRollouts(count: number): { store: Store; ids: string[] } {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, Array<number>(count).fill(1));
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

const suggestion = (rolloutId: string, change: Partial<NewSuggestion> = {}): NewSuggestion => ({
  rolloutId,
  source: 'rules',
  boundaries: [13, 26],
  scores: [0.5, 0.75],
  entropy: 1,
  model: 'rules 1',
  ...change,
});

describe('suggestions', () => {
  it('are the newest of each source, the tagger’s first, and no labels', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    store.suggestions.add([suggestion(id), suggestion(id, { source: 'tagger', model: 'tagger a' })]);
    store.suggestions.add([suggestion(id, { boundaries: [12, 26] })]);
    const found = store.suggestions.of(id);
    expect(found.map(({ source, boundaries }) => [source, boundaries])).toEqual([
      ['tagger', [13, 26]],
      ['rules', [12, 26]],
    ]);
    expect(found[0]).toMatchObject({ scores: [0.5, 0.75], entropy: 1, model: 'tagger a', refusedAt: [null, null] });
    expect(store.labels.of(id)).toEqual([]);
    expect(store.labels.nextUnlabelled('me', null)).toBe(id);
  });

  it('are asked for where a source has none, of what a query keeps, and are not kept of another text than was read', () => {
    const store = openStore();
    const prompt = makePrompt({ question: 'Wo läuft es?', options: ['A hier'] });
    const other = makePrompt({ question: 'Who?', options: [] });
    const rollouts = [...makeGroup(prompt, [1, 0, 1]), ...makeGroup(other, [1])];
    store.addRollouts([prompt, other], rollouts);
    const [first, second, third, last] = rollouts;
    store.labels.set({ rolloutId: third.id, annotator: 'ana', boundaries: [1, 2] });
    const source = 'model:small';
    const missing = (where = '', limit?: number): string[] =>
      store.suggestions.unsuggested(source, where, { limit }).rows.map(({ rolloutId }) => rolloutId);
    expect(missing()).toEqual(rollouts.map(({ id }) => id));
    expect(missing('labelled:no correct:yes')).toEqual([first.id, last.id]);
    expect(store.suggestions.unsuggested(source, 'correct:no').rows).toEqual([
      {
        ...{ rolloutId: second.id, promptId: prompt.id, text: second.completion },
        ...{ question: 'Wo läuft es?', options: ['A hier'] },
      },
    ]);
    const bytes = (one: typeof first, question: string, options: string): number =>
      Buffer.byteLength(one.completion + question + options);
    expect(store.suggestions.unsuggestedCount(source, 'correct:no')).toEqual({
      ...{ rollouts: 1, suggested: 0, bytes: bytes(second, 'Wo läuft es?', '["A hier"]') },
    });

    const made = (id: string, change: Partial<NewSuggestion> = {}) => suggestion(id, { source, ...change });
    store.suggestions.add([made(first.id)], first.completion);
    store.suggestions.add([made(second.id)], `${second.completion} Or not.`);
    // Of phases that the project no longer has.
    store.suggestions.add([made(last.id, { boundaries: [3], scores: [1] }), suggestion(third.id)]);
    expect(missing()).toEqual([second.id, third.id, last.id]);
    expect(store.suggestions.unsuggestedCount(source, '')).toMatchObject({ rollouts: 3, suggested: 1 });
    expect(store.suggestions.unsuggestedCount(source, 'correct:none')).toEqual({
      ...{ rollouts: 0, bytes: 0, suggested: 0 },
    });
    const page = store.suggestions.unsuggested(source, '', { limit: 2 });
    expect(page.rows).toHaveLength(2);
    expect(store.suggestions.unsuggested(source, '', { after: page.next }).rows).toMatchObject([
      { rolloutId: last.id, question: 'Who?', options: [] },
    ]);
  });

  it('are an agent’s before others’ until it was refused as a whole, and are forgotten by source', () => {
    const { store, ids } = storeWithRollouts(2);
    const [id, other] = ids;
    const [old, agent] = ['agent:old', 'agent:night-reader'] as const;
    store.suggestions.add([suggestion(id), suggestion(id, { source: 'tagger' }), suggestion(id, { source: agent })]);
    store.suggestions.add([suggestion(other, { source: agent }), suggestion(other, { source: old })]);
    const sources = (): string[] => store.suggestions.of(id).map(({ source }) => source);
    expect(sources()).toEqual([agent, 'tagger', 'rules']);
    store.suggestions.refuse(id, agent, [0]);
    expect(sources()).toEqual([agent, 'tagger', 'rules']);
    store.suggestions.refuse(id, agent, [0, 1]);
    expect(sources()).toEqual(['tagger', 'rules', agent]);
    expect(store.suggestions.by(agent).map(({ rolloutId }) => rolloutId)).toEqual([id, other]);
    expect(store.suggestions.sources()).toEqual([
      { source: agent, rollouts: 2 },
      { source: old, rollouts: 1 },
      { source: 'rules', rollouts: 1 },
      { source: 'tagger', rollouts: 1 },
    ]);
    expect(store.suggestions.forget(agent)).toBe(2);
    expect(sources()).toEqual(['tagger', 'rules']);
    expect(store.suggestions.of(other).map(({ source }) => source)).toEqual([old]);
  });

  it('stay refused where they say the same again', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    store.suggestions.add([suggestion(id)]);
    store.suggestions.refuse(id, 'rules', [1]);
    const [{ refusedAt }] = store.suggestions.of(id);
    expect(refusedAt).toEqual([null, expect.any(String)]);
    store.suggestions.refuse(id, 'rules', [0, 1]);
    expect(store.suggestions.of(id)[0].refusedAt[1]).toBe(refusedAt[1]);
    store.suggestions.add([suggestion(id, { boundaries: [12, 26] })]);
    expect(store.suggestions.of(id)[0].refusedAt).toEqual([null, refusedAt[1]]);
    expect(() => store.suggestions.refuse(id, 'tagger', [0])).toThrow('no suggestion of the tagger');
  });

  it('can shape weights beside labels until a boundary is refused', () => {
    const { store, ids } = storeWithRollouts(1);
    const [id] = ids;
    store.suggestions.add([suggestion(id), suggestion(id, { source: 'tagger', boundaries: [12, 26] })]);
    store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [11, 26] });
    const found = (): unknown[] =>
      store.suggestions.segmentations(id).map(({ annotator, boundaries }) => [annotator, ...boundaries]);
    expect(found()).toEqual([
      ['ana', 11, 26],
      ['suggestion:rules', 13, 26],
      ['suggestion:tagger', 12, 26],
    ]);
    store.suggestions.refuse(id, 'tagger', [0]);
    expect(found()).toEqual([
      ['ana', 11, 26],
      ['suggestion:rules', 13, 26],
    ]);
  });

  it('and labels are counted for a run: those of its prompts, of its phase schema, not refused', () => {
    const { store, ids } = storeWithRollouts(4);
    const label = (id: string, annotator: string): unknown =>
      store.labels.set({ rolloutId: id, annotator, boundaries: [13, 26] });
    label(ids[0], 'ben');
    label(ids[0], 'ana');
    store.suggestions.add([suggestion(ids[0]), suggestion(ids[1]), suggestion(ids[2])]);
    store.suggestions.refuse(ids[2], 'rules', [0]);
    const config = presetConfig('avatar', 'policy', 1);
    const all = [
      { annotators: [], rollouts: 2 },
      { annotators: ['ana', 'ben', 'suggestion:rules'], rollouts: 1 },
      { annotators: ['suggestion:rules'], rollouts: 1 },
    ];
    expect(store.suggestions.segmented(config, [null])).toEqual(all);
    const { stage, dataset } = makePrompt();
    expect(store.suggestions.segmented({ ...config, dataset }, [stage])).toEqual(all);
    expect(store.suggestions.segmented({ ...config, dataset: 'another' }, [null])).toEqual([]);
    expect(store.suggestions.segmented(config, ['localisation'])).toEqual([]);
    expect(store.suggestions.segmented({ ...config, storedRollouts: 'none' }, [null])).toEqual([]);
  });

  it('are asked for a page at a time, of what a person has labelled too', () => {
    const { store, ids } = storeWithRollouts(4);
    const label = (id: string, annotator: string): unknown =>
      store.labels.set({ rolloutId: id, annotator, boundaries: [13, 26] });
    label(ids[1], 'ana');
    label(ids[2], 'suggestion:cues');
    const first = store.rollouts.texts({ limit: 2 });
    const { rows } = store.rollouts.texts({ limit: 2, after: first.next });
    expect([...first.rows, ...rows].map(({ rolloutId, labelled }) => [rolloutId, labelled])).toEqual([
      [ids[0], false],
      [ids[1], true],
      [ids[2], false],
      [ids[3], false],
    ]);
    expect(rows[0]).toMatchObject({ promptId: makePrompt().id, text: store.rollouts.get(ids[2])!.completion });
    expect(store.labels.texts().map(({ rolloutId, annotator }) => [rolloutId, annotator])).toEqual([[ids[1], 'ana']]);
    expect(store.labels.texts('ben')).toEqual([]);
  });

  it('order rollouts by what their label would tell; the tagger’s go before the rules’', () => {
    const { store, ids } = storeWithRollouts(4);
    const order = (annotator = 'me'): string[] => {
      const rows: string[] = [];
      for (let after: string | null = null; ;) {
        const page = store.suggestions.mostInformative(annotator, { limit: 2, after });
        rows.push(...page.rows.map(({ rolloutId }) => rolloutId));
        if (page.next === null) return rows;
        after = page.next;
      }
    };
    expect(order()).toEqual([]);
    store.suggestions.add(ids.map((id, i) => suggestion(id, { entropy: [0.5, 2, 0.5, 3][i] })));
    expect(order()).toEqual([ids[3], ids[1], ids[0], ids[2]]);
    store.labels.set({ rolloutId: ids[3], annotator: 'me', boundaries: [0, 0] });
    expect(order()).toEqual([ids[1], ids[0], ids[2]]);
    expect(order('ana')).toHaveLength(4);
    store.suggestions.add([suggestion(ids[2], { source: 'tagger', entropy: 0.1 })]);
    expect(order()).toEqual([ids[2]]);
  });

  it('are forgotten when a phase comes or goes, and made anew for the phases there are', () => {
    const { store, ids } = storeWithRollouts(1);
    const phases = store.phases.get();
    store.suggestions.add([suggestion(ids[0])]);
    store.setPhases(phases.map((phase) => ({ ...phase, weight: 0.5 })));
    expect(store.suggestions.of(ids[0])).toHaveLength(1);
    store.setPhases([...phases, { name: 'check', key: '4', colour: 'red', weight: 0 }]);
    expect(store.suggestions.mostInformative('me').rows).toEqual([]);
    store.suggestions.add([suggestion(ids[0], { boundaries: [5, 13, 26], scores: [1, 1, 1] })]);
    expect(store.suggestions.of(ids[0])[0].boundaries).toEqual([5, 13, 26]);
  });

  it('go with a rollout that goes, and of one that is not there are nothing', () => {
    const store = openStore();
    const prompt = makePrompt();
    store.addRollouts([prompt], []);
    const run = store.runs.create('short', presetConfig('avatar', 'policy', 1));
    const [rollout] = makeGroup(prompt, [1], { runId: run.id });
    store.runs.addIteration(run.id, { iteration: 1, at: 0, values: {}, advantages: [] }, [rollout]);
    store.suggestions.add([suggestion(rollout.id), suggestion('r-unknown')]);
    expect(store.suggestions.of(rollout.id)).toHaveLength(1);
    store.runs.truncate(run.id, 0);
    expect(store.rollouts.get(rollout.id)).toBeNull();
    expect(store.suggestions.mostInformative('me').rows).toEqual([]);
  });
});
