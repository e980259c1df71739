import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import type { NewSuggestion } from '../../../src/store/store.ts';
import type { SuggestionEvaluation } from '../../../src/training/suggestions/evaluate.ts';
import { sampleLabels } from '../domain/suggestion/sample-labels.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

/** A store of two of the sample's completions of each of `prompts` prompts, all but the last two prompts labelled. */
function sampleStore(file: string, prompts: number): { labelled: string[]; unlabelled: string[] } {
  const store = openStore(file);
  const byPrompt = [...Map.groupBy(sampleLabels(), ({ promptId }) => promptId)].slice(0, prompts);
  const unlabelled: string[] = [];
  const labelled: string[] = [];
  byPrompt.forEach(([promptId, labels], i) => {
    const prompt = makePrompt({ question: promptId });
    labels.slice(0, 2).forEach(({ text, boundaries }, j) => {
      const [rollout] = makeGroup(prompt, [1], { completion: `${text}${' '.repeat(j)}`, name: 'sample' });
      store.addRollouts([prompt], [rollout]);
      if (i >= prompts - 2) unlabelled.push(rollout.id);
      else {
        store.labels.set({ rolloutId: rollout.id, annotator: 'gold', boundaries: [...boundaries] });
        labelled.push(rollout.id);
      }
    });
  });
  return { labelled, unlabelled };
}

it('suggests by rules without labels, by a tagger with them, and measures both', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const rolloutLab = (...words: string[]): Promise<unknown> =>
    new Promise((resolve) => {
      execFile(process.execPath, [cli, ...words, '--json'], (_, stdout) => resolve(JSON.parse(stdout)));
    });
  const db = join(temporaryFolder(), 'rollouts.db');
  const { labelled, unlabelled } = sampleStore(db, 10);

  const count = unlabelled.length + labelled.length;
  expect(await rolloutLab('suggest', '--db', db, '--source', 'rules')).toMatchObject({
    ...{ source: 'rules', model: 'rules 1', labels: 0, rollouts: count },
  });
  const byTagger = await rolloutLab('suggest', '--db', db);
  expect(byTagger).toMatchObject({ source: 'tagger', labels: labelled.length, rollouts: count });
  expect(await rolloutLab('suggest', '--db', db)).toEqual(byTagger);
  const store = openStore(db);
  const texts = new Map(sampleLabels().map(({ text, boundaries }) => [text, boundaries]));
  const right = unlabelled.filter((id) => {
    const [{ source, boundaries }] = store.suggestions.of(id);
    expect(source).toBe('tagger');
    return String(boundaries) === String(texts.get(store.rollouts.get(id)!.completion.trimEnd()));
  });
  expect(right.length).toBeGreaterThanOrEqual(unlabelled.length - 1);
  expect(store.suggestions.mostInformative('gold').rows).toHaveLength(unlabelled.length);
  expect(store.suggestions.mostInformative('second annotator').rows).toHaveLength(count);

  // What is suggested of a labelled rollout is the same whatever its own label says.
  const [id] = labelled;
  const hidden = store.suggestions.of(id)[0];
  store.labels.set({ rolloutId: id, annotator: 'gold', boundaries: [0, 0] });
  const relabelled = await rolloutLab('suggest', '--db', db);
  expect(relabelled).not.toEqual(byTagger);
  expect(store.suggestions.of(id)[0]).toEqual({ ...hidden, createdAt: expect.any(String) as string });

  const evaluation = (await rolloutLab('suggest', '--db', db, '--evaluate')) as SuggestionEvaluation;
  expect(evaluation).toMatchObject({ labels: labelled.length, prompts: 8, seeds: 5 });
  expect(evaluation.tagger.map(({ labels }) => labels)).toEqual([10]);
  expect(evaluation.rules!.boundarySimilarity.value).toBeGreaterThan(0.9);
  expect(evaluation.agents).toEqual([]);
  for (const { boundarySimilarity, exact, calibrationError } of evaluation.tagger) {
    expect(boundarySimilarity.value).toBeGreaterThanOrEqual(exact.value);
    expect(exact.value).toBeGreaterThan(0.8);
    expect(calibrationError.value).toBeLessThan(0.3);
  }
});

it('measures an agent against the labels that were not taken from it, and forgets what it suggested', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const rolloutLab = (...words: string[]): Promise<{ stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [cli, ...words], (_, stdout, stderr) => resolve({ stdout, stderr }));
    });
  const db = join(temporaryFolder(), 'rollouts.db');
  const { labelled } = sampleStore(db, 8);
  const store = openStore(db);
  const source = 'agent:night-reader';
  const [first, second, third] = labelled;
  const right = (id: string) => store.labels.get(id, 'gold').boundaries!;
  const made = (rolloutId: string, boundaries: number[]): NewSuggestion => {
    return { rolloutId, source, boundaries, scores: [0.9, 0.9], entropy: 0, model: 'night-reader 1' };
  };
  store.suggestions.add([made(first, right(first)), made(second, [0, 0]), made(third, right(third))]);
  store.labels.set({
    ...{ rolloutId: third, annotator: 'gold', boundaries: right(third) },
    origin: { source, scores: [0.9, 0.9] },
  });
  const { stdout } = await rolloutLab('suggest', '--db', db, '--evaluate', '--json');
  const { agents } = JSON.parse(stdout) as SuggestionEvaluation;
  expect(agents).toMatchObject([{ source, labels: 2, exact: { value: 0.5 } }]);

  expect((await rolloutLab('suggest', '--db', db, '--forget', 'agent:other')).stderr).toContain(
    `nothing is suggested by agent:other; there is ${source}`,
  );
  expect((await rolloutLab('suggest', '--db', db, '--forget', source)).stdout).toBe(
    `Removed 3 suggestions by ${source}.\n`,
  );
  expect(store.suggestions.sources()).toEqual([]);
});

it('says what it lacks', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const db = join(temporaryFolder(), 'rollouts.db');
  const store = openStore(db);
  const fails = (...words: string[]): Promise<string> =>
    new Promise((resolve) => {
      execFile(process.execPath, [cli, 'suggest', '--db', db, ...words], (_, _stdout, stderr) => resolve(stderr));
    });
  expect(await fails('--source', 'tagger')).toContain('learns from labels, and there are none');
  const prompt = makePrompt();
  store.addRollouts([prompt], makeGroup(prompt, [1]));
  const [{ id }] = store.rollouts.page().rows;
  store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [1, 2] });
  expect(await fails('--source', 'tagger')).toContain('0 rollouts');
  expect(store.suggestions.of(id)).toEqual([]);
  expect(await fails('--evaluate')).toContain('the labels are of 1 prompts');
  expect(await fails('--source', 'guess')).toContain('must be one of best, rules, tagger');
});
