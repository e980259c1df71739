import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { suggestInWorker } from '../../../src/training/suggestions/client.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

it('suggestions are made in a thread that an abort ends; what it had stored stays', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = openStore(file);
  const prompt = makePrompt();
  const completion = 'Let me look. At 0:01 it is red. So it is red.';
  store.addRollouts([prompt], makeGroup(prompt, Array<number>(1200).fill(1), { completion }));
  const job = { store: file, suggester: 'best' } as const;
  const worker = join(inject('dist'), 'suggest-worker.cjs');

  const stop = new AbortController();
  const told: string[] = [];
  const onProgress = (text: string): void => {
    told.push(text);
    stop.abort(new Error('enough'));
  };
  await expect(suggestInWorker(job, { signal: stop.signal, onProgress }, worker)).rejects.toThrow('enough');
  expect(told).toEqual(['500 rollouts']);
  expect([500, 1000]).toContain(store.suggestions.mostInformative('me', { limit: 1000 }).rows.length);

  expect(await suggestInWorker(job, {}, worker)).toMatchObject({ source: 'rules', rollouts: 1200 });
  await expect(suggestInWorker({ ...job, suggester: 'tagger' }, {}, worker)).rejects.toThrow('there are none');
  await expect(suggestInWorker(job, { signal: stop.signal }, worker)).rejects.toThrow('enough');
});
