import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishText } from '../../../src/domain/finish.ts';
import { finishOf } from '../../../src/formats/finish.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { writeRollouts } from '../../../src/formats/write.ts';
import { makeGroup, makePrompt, openStore } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

async function finishes(name: string, rows: unknown[]): Promise<unknown[]> {
  const store = openStore();
  await importFiles(store, [folderOf({ [name]: rows })]);
  return everything(store).map(({ finish }) => finish);
}

/** The rows of a real file. */
const rowsOf = (name: string): Record<string, unknown>[] =>
  readFileSync(join(fixtures, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('why a completion ended', () => {
  it.each([
    [{ finish_reason: 'stop' }, 'stop'],
    [{ finish_reason: 'length' }, 'length'],
    [{ finish_reason: { type: 'length', length: 512 } }, 'length'],
    [{ finish_reason: null, stop_reason: 'max_tokens' }, 'length'],
    [{ finish_reason: 'abort' }, 'abort'],
    // vLLM's: the text or the token that stopped it.
    [{ stop_reason: '</answer>' }, null],
    [{ stop_reason: 151645 }, null],
    [{ is_truncated: true, stop_condition: 'max_turns_reached' }, 'length'],
    [{ is_truncated: false }, 'stop'],
    [{ truncated: 'True' }, 'length'],
    [{ status: 'truncated' }, 'length'],
    [{ status: 'pending' }, null],
    [{ completion: 'length' }, null],
  ])('is told by %j: %s', (row, finish) => {
    expect(finishOf(row)).toBe(finish);
  });

  it('is said in words where it did not end by itself', () => {
    expect([null, undefined, 'stop', 'length', 'abort'].map(finishText)).toEqual([
      null,
      null,
      null,
      'cut off at the limit',
      'ended by “abort”',
    ]);
  });

  it('is read of verifiers’ results', async () => {
    const [first, ...rest] = rowsOf('verifiers/outputs/evals/colours--tiny--av-1/0badcafe/results.jsonl');
    const [cut, ...others] = await finishes('a--b/c/results.jsonl', [{ ...first, is_truncated: true }, ...rest]);
    expect(cut).toBe('length');
    expect(new Set(others)).toEqual(new Set(['stop']));
  });

  it('is read of verifiers’ traces, from the call that made the last message or the message itself', async () => {
    const rows = rowsOf('verifiers/traces/colours--tiny--av-1/traces.jsonl');
    type Trace = { nodes: { sampled: boolean }[] };
    const change = (row: Record<string, unknown>, by: (trace: Trace, last: number) => object): unknown => ({
      ...row,
      traces: (row.traces as Trace[]).map((trace) =>
        by(
          trace,
          trace.nodes.findLastIndex(({ sampled }) => sampled),
        ),
      ),
    });
    const [first] = rows;
    const byCall = change(first, (trace, last) => ({
      ...trace,
      calls: [
        { node: 0, finish_reason: 'stop' },
        { node: last, finish_reason: 'length' },
      ],
    }));
    const byNode = change(first, (trace, last) => ({
      ...trace,
      nodes: trace.nodes.map((node, i) => (i === last ? { ...node, finish_reason: 'length' } : node)),
    }));
    const found = async (row: unknown): Promise<Set<unknown>> => new Set(await finishes('traces.jsonl', [row]));
    expect(await found(byCall)).toEqual(new Set(['length']));
    expect(await found(byNode)).toEqual(new Set(['length']));
    expect(await found(first)).toEqual(new Set([null]));
  });

  it.each([
    ['verl', '7.jsonl', { input: 'What?', output: 'A', score: 1, step: 7 }],
    [
      'a table by its columns',
      'a.jsonl',
      {
        messages: [
          { role: 'user', content: 'What?' },
          { role: 'assistant', content: 'A' },
        ],
      },
    ],
    [
      'Video-R1',
      'eval.json',
      { problem: 'What?', problem_id: 1, output: 'A', prediction: 'A', reward: 1, path: 'a.mp4' },
    ],
    ['ms-swift', 'completions.jsonl', { gen_step: 1, prompt: 'What?', completion: 'A', reward: 1 }],
  ])('is read of %s where a column tells it', async (_, name, row) => {
    expect(await finishes(name, [{ ...row, finish_reason: 'length' }])).toEqual(['length']);
  });

  it('is written and read back, and comes to a rollout that was there without it', async () => {
    const prompt = makePrompt();
    const rollouts = ['length', 'stop', null].flatMap((finish, i) => makeGroup(prompt, [1], { name: `${i}`, finish }));
    const out = join(folderOf({ x: [] }), 'a.rollouts.jsonl');
    await writeRollouts(out, 'rollout-lab', () => rollouts.map((rollout) => ({ prompt, rollout, labels: [] })));
    const store = openStore();
    store.addRollouts(
      [prompt],
      rollouts.map((rollout) => ({ ...rollout, finish: null })),
    );
    expect(await importFiles(store, [out])).toMatchObject({ rollouts: 0, duplicates: 3 });
    expect(store.rollouts.page().rows.map(({ finish }) => finish)).toEqual(['length', 'stop', null]);
  });
});
