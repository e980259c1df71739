import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { defaultPhases } from '../../../src/domain/phase.ts';
import { previewInWorker } from '../../../src/formats/client.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { previewDump, type DumpPreview } from '../../../src/formats/preview.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { fixtures, folderOf } from './fixture.ts';

const options = { maps: {}, phases: defaultPhases };
const preview = (file: string): Promise<DumpPreview> => previewDump(file, options);
const uses = ({ columns }: DumpPreview): Record<string, string[] | null> =>
  Object.fromEntries(columns.map(({ name, becomes }) => [name, becomes]));
const verlRow = (i: number): object => ({ input: `q${i}`, output: `So it is ${i}.`, gts: 'A', score: i % 2, step: 7 });

describe('what an import would make of a file', () => {
  it('is told column by column, as the format itself reads it: verl’s generations', async () => {
    const found = await preview(join(fixtures, 'verl/uid/7.jsonl'));
    expect(found).toMatchObject({ title: 'verl generations (JSONL)', reason: null, count: 4, looked: 4 });
    expect(uses(found)).toEqual({
      input: ['question', 'instruction'],
      output: ['completion'],
      gts: ['answer'],
      score: ['reward'],
      step: ['version of the policy'],
      uid: ['group'],
    });
    expect(found.rows[0][1]).toMatch(/\S/u);
  });

  it('and TRL’s completions, whose reader takes rows together and remembers them', async () => {
    const found = await preview(join(fixtures, 'trl/text/completions/completions_00025.parquet'));
    expect(found.count).toBe(4);
    expect(uses(found)).toEqual({
      step: ['version of the policy'],
      prompt: ['question'],
      completion: ['completion'],
      accuracy_reward: ['reward “accuracy_reward”'],
      format_reward: ['reward', 'reward “format_reward”'],
      problem_id: ['id in its source'],
      solution: ['answer'],
      advantage: ['reward', 'advantage'],
    });
  });

  it('says which columns are left out, which only checked, and of which nothing can be said', async () => {
    const dump = join(folderOf({ '1.jsonl': [{ ...verlRow(1), extra: 'Said beside it.', empty: null }] }), '1.jsonl');
    expect(uses(await preview(dump))).toMatchObject({ score: ['reward'], extra: [], empty: null });
    const question = { question: 'Which?', answer: 'A', video: 'a.mp4', split: 'train', problemType: 'free-form' };
    const dataset = join(folderOf({ 'd.jsonl': [{ dataset: 'd', options: [], ...question }] }), 'd.jsonl');
    const told = uses(await preview(dataset));
    expect([told.question, told.video, told.split, told.options]).toEqual([['question'], ['video'], ['checked'], null]);
  });

  it('tells what is rejected, with its line, and takes as much as an import does', async () => {
    const file = join(
      folderOf({ '7.jsonl': [verlRow(1), '{"input": ', { ...verlRow(2), score: 'high' }, verlRow(3)] }),
      '7.jsonl',
    );
    const found = await preview(file);
    const report = await importFiles(openStore(), [file]);
    expect(found.rejected).toEqual(report.rejected.map(({ line, reason }) => ({ line, reason })));
    expect(found.rejected.map(({ line }) => line)).toEqual([2, 3]);
    expect([found.made.rollouts, found.count]).toEqual([report.rollouts, 4]);
  });

  it('of a file of no known format offers its columns; by those that were chosen before, it is read', async () => {
    const rows = [1, 2].map((i) => ({
      frage: `Which colour is it, number ${i}?`,
      antwort: `It is the colour ${i}.`,
      punkte: i,
    }));
    const file = join(folderOf({ 'own.jsonl': rows }), 'own.jsonl');
    const found = await preview(file);
    expect(found).toMatchObject({
      title: null,
      isOffered: true,
      reason: expect.stringContaining('no format known') as string,
    });
    expect(found.columns.map(({ name }) => name)).toEqual(['frage', 'antwort', 'punkte']);
    const maps = {
      [JSON.stringify(['antwort', 'frage', 'punkte'])]: {
        prompt: ['frage'],
        completion: ['antwort'],
        reward: ['punkte'],
      },
    };
    const read = await previewDump(file, { ...options, maps });
    expect(uses(read)).toEqual({
      frage: ['question'],
      antwort: ['completion'],
      punkte: ['reward', 'reward “punkte”'],
    });
  });

  it('looks at the beginning alone, and counts rows only where that is cheap', async () => {
    const file = join(temporaryFolder(), '1.jsonl');
    writeFileSync(file, Array.from({ length: 500 }, (_, i) => `${JSON.stringify(verlRow(i))}\n`).join(''));
    appendFileSync(file, 'broken far behind\n');
    const found = await preview(file);
    expect(found).toMatchObject({ count: null, looked: 100, rejected: [], made: { rollouts: 100 } });
    expect(found.rows).toHaveLength(10);
  });

  it('rejects with what is wrong where a file is damaged or not there', async () => {
    const file = join(temporaryFolder(), 'completions_00001.parquet');
    writeFileSync(file, 'PAR1 and no more');
    await expect(preview(file)).rejects.toThrow(/damaged|footer/u);
    await expect(preview(join(temporaryFolder(), 'none.jsonl'))).rejects.toThrow(/ENOENT/u);
  });

  it('comes from a thread of its own, which ends when it is not wanted any more', async () => {
    const worker = join(inject('dist'), 'preview-worker.cjs');
    const file = join(fixtures, 'verl/uid/7.jsonl');
    expect(await previewInWorker(file, options, new AbortController().signal, worker)).toEqual(await preview(file));
    const closed = new AbortController();
    const looking = previewInWorker(file, options, closed.signal, worker);
    closed.abort(new Error('closed'));
    await expect(looking).rejects.toThrow('closed');
  });
});
