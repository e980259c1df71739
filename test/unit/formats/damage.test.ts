/** Every reader, fed damaged files: it never throws, takes nothing in by halves, and tells of each fault by file and line. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { byteDamage, valueDamage } from '../damage.ts';
import fc, { times } from '../fc.ts';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { ImportReport } from '../../../src/formats/import-report.ts';
import type { Store } from '../../../src/store/store.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures } from './fixture.ts';

const lines = [
  'ms-swift/hf/completions.jsonl',
  'ms-swift/ray/completions.jsonl',
  'nemo-rl/train_data_step3.jsonl',
  'nemo-rl/val_data_step2.jsonl',
  'verifiers/outputs/evals/colours--tiny--av-1/0badcafe/results.jsonl',
  'verifiers/traces/colours--tiny--av-1/traces.jsonl',
  'verifiers/prime-rl/rollouts/step_4/train/effective/traces.jsonl',
  'verifiers/prime-rl/before/rollouts/step_7/train_rollouts.jsonl',
  'skyrl/dumped_evals/global_step_5_evals/colours.jsonl',
  'miles/dump//trajectory/3.jsonl',
  'roll/rollout_dump_data.step_3.jsonl',
  'areal/colours/trial0/rollout/5/7.jsonl',
  'ids//open-instruct/av-1_rollouts_000000.jsonl',
  'ids//prime-rl/token_exports/step_3/rank_0.jsonl',
  'lmms-eval/org__tiny-av/20261129_120000_samples_mmvu_val.jsonl',
  'evaluations/omnibench/results/tiny-av/batch-5_1142_20240817.json',
  'evaluations/avatar/mmvu_7b_rl.jsonl',
  'evaluations/echoink/valid_7b.jsonl',
  'ms-swift/infer/infer_result/20261129-120000.jsonl',
  'datasets/ms-swift.jsonl',
  'datasets/omnibench.jsonl',
];
const lists = [
  'video-r1/eval_mmvu_AVATAR-7B_greedy_output.json',
  'rllm/eval_results/colours_tiny_av-1/episodes/episode_000000_7.json',
  'rllm/logs/colours/av-1/episodes/train_step_7_epoch_0/episode_hash335a7a5d_id7_0.json',
  'evaluations/mmvu/outputs/validation_cot/tiny-av_8frame.json',
  'evaluations/video-holmes/Results-tiny-av.json',
  'evaluations/avatar/inference_output_omnibench.json',
  'evaluations/humanomni/ib_humanomniv2.json',
  'datasets/mmvu.json',
  'datasets/video-holmes.json',
];

/** A place for a damaged copy, under the name and beside the files that the reader looks at: those of its folder, or of that before `//`. */
function placeOf(name: string): { file: string; bytes: Buffer } {
  const folder = temporaryFolder();
  const [root, within] = name.includes('//') ? name.split('//') : [dirname(name), basename(name)];
  cpSync(join(fixtures, root), folder, { recursive: true });
  const file = join(folder, within);
  return { file, bytes: readFileSync(file) };
}

async function check(store: Store, file: string, damaged: Buffer, format: string): Promise<ImportReport> {
  writeFileSync(file, damaged);
  const before = everything(store).length;
  const report = await importFiles(store, [file], { format });
  const count = damaged.toString('latin1').split('\n').length;
  for (const rejection of report.rejected) {
    expect(rejection.file).toBe(file);
    expect(rejection.line).toBeGreaterThan(0);
    expect(rejection.line).toBeLessThanOrEqual(count);
    expect(rejection.reason).not.toBe('');
  }
  const rollouts = everything(store);
  expect(rollouts.length).toBe(before + report.rollouts);
  for (const { tokens, reward, advantage, rewards } of rollouts.slice(before)) {
    expect(tokens === null || !tokens.logProbs || tokens.logProbs.length === tokens.ids.length).toBe(true);
    for (const value of [reward ?? 0, advantage ?? 0, ...Object.values(rewards)])
      expect(value).toSatisfy(Number.isFinite);
  }
  expect('polluted' in {}).toBe(false);
  return report;
}

describe.each([...lines, ...lists])('%s', (name) => {
  it('damaged is read to its end, each line taken in or told of', async () => {
    const { file, bytes } = placeOf(name);
    const format = (await detectFormat(file))!.name;
    const store = openStore();
    await fc.assert(
      fc.asyncProperty(fc.oneof(byteDamage, valueDamage), async (damage) => {
        const damaged = damage(bytes);
        const report = await check(store, file, damaged, format);
        const outcomes = report.rollouts + report.duplicates + report.rejected.length;
        if (lists.includes(name)) {
          if (damaged.length > 0 && !isJson(damaged)) expect(report.rejected).not.toEqual([]);
        } else if (!name.startsWith('datasets')) {
          const records = damaged
            .toString('latin1')
            .split(/\r?\n/u)
            .filter((line) => /[^ \t\r]/u.test(line));
          expect(outcomes).toBeGreaterThanOrEqual(records.filter((line) => !line.includes('"completion": []')).length);
        }
      }),
      { numRuns: times(150) },
    );
  });
});

describe.each([
  'datasets/mmvu.parquet',
  'datasets/omnibench.parquet',
  'datasets/video-holmes.parquet',
  'trl/text/completions/completions_00025.parquet',
  'art/colours/models/av-1/trajectories/train/0012.parquet',
  'r1-v/debug_log.txt',
  'vlmevalkit/tiny-av/T20261129-120000/tiny-av_Video_Holmes_32frame.xlsx',
  'vlmevalkit/others/tiny-av_Video_Holmes.tsv',
  'trackio/av.db',
  'inspect/colours.eval',
  'inspect/colours-deflated.eval',
  'inspect/colours.json',
])('%s', (name) => {
  it('damaged is read or told of', async () => {
    const { file, bytes } = placeOf(name);
    const format = (await detectFormat(file))!.name;
    const store = openStore();
    const whole = await importFiles(store, [file]);
    await fc.assert(
      fc.asyncProperty(byteDamage, async (damage) => {
        const damaged = damage(bytes);
        writeFileSync(file, damaged);
        const { rollouts, duplicates, rejected } = await importFiles(store, [file], { format });
        const read = rollouts + duplicates;
        // A table of text that ends with its header is an empty one, and so is a file of JSON without a byte.
        const isEmpty = name.endsWith('.tsv') || (name.endsWith('.json') && damaged.length === 0);
        if (whole.rollouts > 0 && !isEmpty) expect(read + rejected.length).toBeGreaterThan(0);
        for (const { reason } of rejected) expect(reason).not.toBe('');
        await importFiles(store, [file]);
      }),
      { numRuns: times(150) },
    );
  });
});

/** Whether Python would read it. */
function isJson(bytes: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    JSON.parse(text.replaceAll(/-?\bInfinity\b|\bNaN\b/gu, 'null'));
    return true;
  } catch {
    return false;
  }
}

it('no damage makes a file throw when its format must be found first', async () => {
  for (const name of [...lines, ...lists]) {
    const { file, bytes } = placeOf(name);
    const store = openStore();
    await fc.assert(
      fc.asyncProperty(byteDamage, async (damage) => {
        writeFileSync(file, damage(bytes));
        await importFiles(store, [file]);
      }),
      { numRuns: times(10) },
    );
  }
});
