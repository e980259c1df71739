/** Training sets for other trainers: a weight for every token, read back as written. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tasWeights } from '../../../src/domain/tas.ts';
import { detectFormat } from '../../../src/formats/detect.ts';
import { defaultWeights, exportTraining, type TrainingWeights } from '../../../src/formats/export.ts';
import { parquetRecords } from '../../../src/formats/parquet-records.ts';
import type { TrainingExport } from '../../../src/formats/training-write.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';
import { trainers } from './fixture.ts';

const completion = 'Plan 🎬. See. So B.';
const tokens = {
  ids: new Int32Array([5, 6, 7, 8, 9]),
  offsets: new Int32Array([0, 5, 8, 13, 16]),
  logProbs: new Float32Array([-0.1, -Infinity, -1e-8, -2, -3]),
  tokenizer: 'tiny',
};

/** Rollouts with tokens and a label, with ids alone and a label, with a label alone, and with nothing. */
function mixed(): Store {
  const store = openStore();
  const prompt = makePrompt({ hint: 'Listen.' });
  const rollouts = [
    { completion, tokens, advantage: 0.5, hinted: true },
    { completion, tokens: { ...tokens, offsets: null, logProbs: null, tokenizer: null } },
    { completion },
    { completion: '' },
  ].flatMap((change, i) => makeGroup(prompt, [i], { ...change, name: String(i) }));
  store.addRollouts([prompt], rollouts);
  for (const { id } of rollouts.slice(0, 3)) store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [8, 13] });
  store.labels.set({ rolloutId: rollouts[0].id, annotator: 'bo', boundaries: [5, 8] });
  return store;
}

async function rowsOf(
  store: Store,
  format: TrainingExport,
  weights: TrainingWeights,
): Promise<Record<string, unknown>[]> {
  const out = join(temporaryFolder(), 'training');
  expect(await exportTraining(store, out, format, {}, weights, { trainers })).toMatchObject({ rollouts: 4 });
  expect(await detectFormat(out)).toBeNull();
  if (format === 'training-jsonl') {
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
  const rows: Record<string, unknown>[] = [];
  for await (const record of parquetRecords(out)) {
    if (!('value' in record)) continue;
    // hyparquet reads a list that is null as undefined.
    rows.push(
      Object.fromEntries(
        Object.entries(record.value as object).map(([name, value]) => [name, (value as unknown) ?? null]),
      ),
    );
  }
  return rows;
}

const float32 = (values: Iterable<number>): number[] => Array.from(values, Math.fround);

describe.each(['training-jsonl', 'training-parquet'] as const)('a training set as %s', (format) => {
  it('has every token’s weight, and whose label shaped it', async () => {
    const rows = await rowsOf(mixed(), format, { ...defaultWeights, annotators: ['ann'] });
    const warped = tasWeights(5, { scheme: 'phase-warped', lambda: 0.3, boundaries: [2, 3] });
    const [first, ids, words, empty] = rows.map((row) => ({
      ...row,
      tas_weights: float32(row.tas_weights as number[]),
    })) as Record<string, unknown>[];
    expect(first).toMatchObject({
      prompt: expect.stringMatching(/^Hint: Listen\.\nWhich colour/u) as string,
      completion,
      reward: 0,
      advantage: 0.5,
      token_ids: [5, 6, 7, 8, 9],
      tokenizer: 'tiny',
      tas_weights: float32(warped),
      starts: [0, 5, 7, 12, 15],
      units: 'tokens',
      weight_source: 'label:ann',
    });
    const infinite = format === 'training-jsonl' ? null : -Infinity;
    expect((first.log_probs as (number | null)[]).map((value) => value && Math.fround(value))).toEqual(
      [-0.1, infinite, -1e-8, -2, -3].map((value) => value && Math.fround(value)),
    );
    expect(ids).toMatchObject({
      token_ids: [5, 6, 7, 8, 9],
      log_probs: null,
      advantage: null,
      starts: null,
      units: 'tokens',
      weight_source: 'parabolic',
      tas_weights: float32(tasWeights(5, { scheme: 'parabolic', lambda: 0.3 })),
    });
    expect(words).toMatchObject({ token_ids: null, units: 'words', weight_source: 'label:ann' });
    expect(words.starts).toHaveLength((words.tas_weights as number[]).length);
    expect(empty).toMatchObject({ completion: '', tas_weights: [], starts: [], weight_source: 'parabolic' });
  });

  it('is made by the scheme, λ and annotators that are asked for', async () => {
    const store = mixed();
    const asked = { scheme: 'phase-constant', lambda: 1, normalise: false, annotators: ['bo'] } as const;
    const [constant, unlabelled] = await rowsOf(store, format, { ...asked, annotators: [...asked.annotators] });
    expect(constant).toMatchObject({ tas_weights: [2, 1, 2, 2, 2], weight_source: 'label:bo' });
    expect(unlabelled).toMatchObject({ weight_source: 'parabolic' });
    const { rows } = store.rollouts.page();
    store.suggestions.add(
      rows.map(({ id }) => ({
        ...{ rolloutId: id, source: 'tagger', boundaries: [0, 0], scores: [1, 1], entropy: 0, model: 'tagger a' },
      })),
    );
    const suggested = (await rowsOf(store, format, defaultWeights)).map((row) => row.weight_source);
    expect(suggested).toEqual(['label:bo', 'parabolic', 'label:ann', 'suggestion:tagger']);
    const [flat] = await rowsOf(store, format, { ...defaultWeights, scheme: 'linear-incline', normalise: true });
    expect(flat.weight_source).toBe('linear-incline');
    expect((flat.tas_weights as number[]).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(5, 5);
  });
});
