import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DatasetRow } from '../../../scripts/sample/dataset.ts';
import { type Answer, type Task, answer, readTasks, share } from '../../../scripts/sample/exam.ts';
import { sampleClips } from '../../../scripts/sample/project.ts';
import { evidence } from '../../../scripts/sample/trace.ts';
import type { Backend } from '../../../src/training/backends/backend.ts';
import { openBackend } from '../../../src/training/backends/choose.ts';
import { Policy } from '../../../src/training/policy/policy.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const rows = readFileSync(`${sample}/dataset.jsonl`, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as DatasetRow);
const scenes = new Map(sampleClips().map(({ path, scene }) => [path, scene]));

/** The share of true statements "At 0:03 red enters, low starts." that the answers hold. */
function evidenceShare(answers: readonly Answer[]): number {
  const found = answers.flatMap(({ task, completion }) => {
    const scene = scenes.get(task.row.video!)!;
    return scene.tones.map((_, second) => completion.includes(evidence(scene, second)));
  });
  return found.filter(Boolean).length / found.length;
}

describe('the cold-start policy on clips it was not trained on', { timeout: 300_000 }, () => {
  let seeing: Answer[];
  let blind: Answer[];
  let deaf: Answer[];

  beforeAll(async () => {
    const policy = await Policy.load(`${sample}/policy`);
    const backend: Backend = await openBackend('onnxruntime', 2);
    const validation = rows.filter(({ split }) => split === 'validation');
    const tasks = await readTasks(validation, sample);
    const without = (sense: 'frames' | 'mels'): Task[] =>
      tasks.map(({ row, features }) => ({ row, features: { ...features, [sense]: features[sense].map(() => 0) } }));
    seeing = await answer(policy, backend, tasks);
    blind = await answer(policy, backend, without('frames'));
    deaf = await answer(policy, backend, without('mels'));
  }, 300_000);

  it('answers in the right form, and rightly often enough to be rewarded, seldom enough to have room', () => {
    expect(share(seeing, 'format')).toBeGreaterThanOrEqual(0.98);
    expect(share(seeing, 'accuracy')).toBeGreaterThan(0.4);
    expect(share(seeing, 'accuracy')).toBeLessThan(0.6);
  });

  it('says what is on screen and what sounds in each second', () => {
    expect(evidenceShare(seeing)).toBeGreaterThan(0.9);
  });

  it('says so from the pixels and from the sound', () => {
    expect(evidenceShare(blind)).toBeLessThan(0.5);
    expect(evidenceShare(deaf)).toBeLessThan(0.5);
    expect(share(blind, 'accuracy')).toBeLessThan(share(seeing, 'accuracy') - 0.1);
    expect(share(deaf, 'accuracy')).toBeLessThan(share(seeing, 'accuracy') - 0.1);
  });
});
