import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StepJudgement } from '../../../src/domain/judgement.ts';
import { exportJudgements, exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { judgementExports, type JudgementExport } from '../../../src/formats/judgement-write.ts';
import { rolloutLine } from '../../../src/formats/rollout-lab.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const completion = 'Plan first. Then look.\nSo it is B.\n';
const [plan, look, answer] = [
  { start: 0, end: 12 },
  { start: 12, end: 23 },
  { start: 23, end: 35 },
];
const prompt = makePrompt({
  question: 'Which?',
  options: ['A red', 'B blue'],
  answer: 'B',
  sourceId: 'q1',
  video: null,
});

/** A store of one prompt with a group of completions; the first is right. */
function filled(text = completion): { store: Store; ids: string[] } {
  const store = openStore();
  const rollouts = makeGroup(prompt, [1, 0, 0], { completion: text, rewards: {} });
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

function say(store: Store, id: string, annotator: string, ...steps: StepJudgement[]): void {
  for (const step of steps) store.judgements.set(id, annotator, step);
}

const right = (stretch: { start: number; end: number }): StepJudgement => ({
  ...stretch,
  verdict: 'correct',
  error: null,
});
const wrong = (stretch: { start: number; end: number }, error: string | null = null): StepJudgement => ({
  ...{ ...stretch, verdict: 'wrong', error },
});

async function written(store: Store, format: JudgementExport, annotators: string[] = []) {
  const out = join(temporaryFolder(), 'judgements.jsonl');
  const count = await exportJudgements(store, out, format, annotators);
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
  return { out, count, rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('judgements as process-reward data', () => {
  it('are TRL’s stepwise supervision, a row for each annotator, up to the last judged step', async () => {
    const { store, ids } = filled();
    say(store, ids[0], 'ana', right(plan), wrong(look, 'visual perception'));
    say(store, ids[0], 'ben', right(plan), { ...look, verdict: 'unsupported', error: null }, right(answer));
    const { rows, count } = await written(store, 'trl');
    expect(count).toEqual({ judgements: 2, left: [] });
    const common = { prompt: 'Which?\nA red\nB blue', problem_id: 'q1', rollout: ids[0] };
    expect(rows).toEqual([
      {
        ...common,
        completions: ['Plan first.', 'Then look.'],
        labels: [true, false],
        verdicts: ['correct', 'wrong'],
        errors: [null, 'visual perception'],
        annotator: 'ana',
      },
      {
        ...common,
        completions: ['Plan first.', 'Then look.', 'So it is B.'],
        labels: [true, false, true],
        verdicts: ['correct', 'unsupported', 'correct'],
        errors: [null, null, null],
        annotator: 'ben',
      },
    ]);
    expect((await written(store, 'trl', ['ben'])).rows).toEqual([rows[1]]);
  });

  it('are left out, and that is told, where text before a judged step is not judged', async () => {
    const { store, ids } = filled();
    say(store, ids[0], 'ana', right(plan), right(answer));
    say(store, ids[1], 'ana', right(plan));
    const left = [{ count: 1, reason: 'text before a judged step is not judged' }];
    for (const format of ['trl', 'prm800k', 'math-shepherd'] as const)
      expect((await written(store, format)).count).toEqual({ judgements: 1, left });
    expect((await written(store, 'rollout-lab')).count).toEqual({ judgements: 2, left: [] });
  });

  it('are rated as in PRM800K, with how the solution ended', async () => {
    const { store, ids } = filled();
    say(store, ids[0], 'ana', right(plan), right(look), right(answer));
    say(store, ids[1], 'ana', right(plan), wrong(look, 'reasoning'));
    say(store, ids[2], 'ana', right(plan), right(look), right(answer));
    const { rows } = await written(store, 'prm800k');
    const step = (text: string, rating: number, verdict: string, error: string | null = null) => ({
      completions: [{ text, rating, flagged: false, verdict, error }],
      human_completion: null,
      chosen_completion: 0,
    });
    expect(rows[1]).toEqual({
      ...{ labeler: 'ana', timestamp: expect.stringMatching(/^\d{4}-.*Z$/u) as string, generation: null },
      ...{ is_quality_control_question: false, is_initial_screening_question: false },
      question: { problem: 'Which?\nA red\nB blue', ground_truth_answer: 'B' },
      label: {
        steps: [step('Plan first.', 1, 'correct'), step('Then look.', -1, 'wrong', 'reasoning')],
        total_time: null,
        finish_reason: 'found_error',
      },
    });
    // All right, but the answer of the last is not.
    expect(rows.map(({ label }) => (label as { finish_reason: string }).finish_reason)).toEqual([
      'solution',
      'found_error',
      'give_up',
    ]);
  });

  it('are marked as in Math-Shepherd, whose two texts are alike but for the marks', async () => {
    const { store, ids } = filled();
    say(store, ids[0], 'ana', right(plan), wrong(look));
    const { rows } = await written(store, 'math-shepherd');
    expect(rows).toEqual([
      {
        input: 'Which?\nA red\nB blue Step 1: Plan first. ки\nStep 2: Then look. ки',
        label: 'Which?\nA red\nB blue Step 1: Plan first. +\nStep 2: Then look. -',
        task: prompt.dataset,
      },
    ]);
    const russian = 'Смотрим: рыбки. Так.';
    const other = filled(russian);
    say(other.store, other.ids[0], 'ana', right({ start: 0, end: 15 }));
    expect((await written(other.store, 'math-shepherd')).count).toEqual({
      judgements: 0,
      left: [{ count: 1, reason: 'its text has “ки”, by which Math-Shepherd knows the end of a step' }],
    });
    expect((await written(other.store, 'trl')).count.judgements).toBe(1);
  });

  it('have nothing of evaluations, which are not for training, but in this project’s own form', async () => {
    const { store, ids } = filled();
    const evaluation = {
      ...{ id: 'e', name: 'e', policy: 'p', policyVersion: 0, adapter: null, dataset: null, split: null },
      ...{
        settings: null,
        source: 'test',
        status: 'finished' as const,
        total: null,
        createdAt: '2026-01-01T00:00:00Z',
      },
    };
    const [reply] = makeGroup(prompt, [1], { completion, name: 'reply' });
    store.addRollouts([prompt], [{ ...reply, evaluationId: 'e' }], [], [evaluation]);
    say(store, reply.id, 'ana', right(plan));
    say(store, ids[0], 'ana', right(plan));
    for (const format of judgementExports)
      expect((await written(store, format)).count.judgements, format).toBe(format === 'rollout-lab' ? 2 : 1);
  });
});

describe('judgements in this project’s own JSONL', () => {
  it('come with their rollouts, and stay where their annotator has said something already', async () => {
    const { store, ids } = filled();
    say(store, ids[0], 'ana', right(plan), wrong(look, 'reasoning'));
    const out = join(temporaryFolder(), 'all.rollouts.jsonl');
    await exportRollouts(store, out, 'rollout-lab');
    const copy = openStore();
    expect(await importFiles(copy, [out])).toMatchObject({ judgements: 1, rejected: [] });
    expect(copy.judgements.of(ids[0])).toEqual(store.judgements.of(ids[0]));
    say(copy, ids[0], 'ana', right(answer));
    const own = copy.judgements.of(ids[0]);
    expect(await importFiles(copy, [out])).not.toHaveProperty('judgements');
    expect(copy.judgements.of(ids[0])).toEqual(own);
  });

  it('come alone onto rollouts that are there, and of several annotators together', async () => {
    const { store, ids } = filled();
    const copy = openStore();
    copy.addRollouts(
      [prompt],
      ids.map((id) => store.rollouts.get(id)!),
    );
    say(store, ids[0], 'ana', right(plan));
    say(copy, ids[0], 'ben', wrong(plan));
    const { out } = await written(store, 'rollout-lab');
    expect(await importFiles(copy, [out])).toMatchObject({ edits: 1, rejected: [] });
    expect(copy.judgements.of(ids[0]).map(({ annotator }) => annotator)).toEqual(['ana', 'ben']);
    expect(await importFiles(copy, [out])).toMatchObject({ edits: 0, rejected: [] });
  });

  it('that the completion cannot have are told with their line', async () => {
    const [rollout] = makeGroup(prompt, [1], { completion });
    const judgement = { annotator: 'ana', savedAt: '2026-01-01T00:00:00Z', steps: [right({ start: 0, end: 99 })] };
    const out = join(temporaryFolder(), 'broken.rollouts.jsonl');
    writeFileSync(out, rolloutLine(prompt, rollout, { judgements: [{ rolloutId: rollout.id, ...judgement }] }));
    expect((await importFiles(openStore(), [out])).rejected).toMatchObject([
      { line: 1, reason: expect.stringContaining('judgement of ana: the step from 0 to 99 is outside') as string },
    ]);
  });
});
