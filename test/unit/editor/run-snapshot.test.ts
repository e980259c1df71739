import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { defaultLora } from '../../../src/domain/run.ts';
import { selectionMark } from '../../../src/domain/run-prompts.ts';
import { itemOf, readSelected } from '../../../src/editor/run-snapshot.ts';
import { configurationLine } from '../../../src/editor/run-text.ts';
import { runsProtocol } from '../../../src/protocol/runs.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import type { MetricRow } from '../../../src/store/store.ts';
import { answerCall } from '../../../src/store/call.ts';
import { makeClient } from '../../../src/store/client.ts';
import { clientOf, makeGroup, makePrompt, openStore, raw, temporaryFolder } from '../store/fixture.ts';

const metric = (
  iteration: number,
  advantages: number[],
  values: Record<string, number> = { reward: iteration / 10 },
): MetricRow => ({
  iteration,
  at: iteration * 1000,
  values,
  advantages,
});

/** A run with two iterations that made rollouts and a third that made none. */
function storeWithRun() {
  const store = openStore();
  const prompt = makePrompt();
  store.addRollouts([prompt], []);
  const run = store.runs.create('avatar-1', presetConfig('avatar', '/models/cold-start', 7));
  for (const iteration of [1, 2]) {
    const made = makeGroup(prompt, [1, 0], {
      name: `iteration ${iteration}`,
      runId: run.id,
      completion: `I am of iteration ${iteration}.`,
    });
    store.runs.addIteration(run.id, metric(iteration, [0.7, -0.7]), made);
  }
  store.runs.addIteration(run.id, metric(3, []), []);
  store.runs.addLog(run.id, 'info', 'begun');
  return { store, run };
}

describe('what the Runs page shows of a run', () => {
  it('is, when it follows the newest, the last iteration that made rollouts', async () => {
    const { store, run } = storeWithRun();
    const shown = await readSelected(clientOf(store), run.id, null);
    expect(shown?.columns.values.reward).toEqual([0.1, 0.2, 0.3]);
    expect(shown?.advantages).toEqual({ iteration: 2, values: [0.7, -0.7] });
    expect(shown?.log.map(({ message }) => message)).toEqual(['begun']);
    expect(shown?.samples.map(({ completion }) => completion)).toEqual([
      '✓ no answer · I am of iteration 2.',
      '✗ no answer · I am of iteration 2.',
    ]);
  });

  it('is the scrubbed iteration, with its own samples', async () => {
    const { store, run } = storeWithRun();
    const shown = await readSelected(clientOf(store), run.id, 1);
    expect(shown?.advantages?.iteration).toBe(1);
    expect(shown?.samples.map(({ completion, question }) => [completion, question])).toEqual(
      ['✓', '✗'].map((mark) => [`${mark} no answer · I am of iteration 1.`, makePrompt().question]),
    );
  });

  it('is where its weights come from, and that labels changed since', async () => {
    const { store, run } = storeWithRun();
    const made = store.rollouts.page({ runId: run.id }).rows;
    store.runs.addSnapshot(
      run.id,
      made.map(({ id }) => ({ rolloutId: id, boundaries: null, source: 'parabolic' as const })),
    );
    const sources = [{ source: 'parabolic', text: 'parabolic', rollouts: 4 }];
    expect((await readSelected(clientOf(store), run.id, null))?.weights).toEqual({ sources, changed: null });
    store.labels.set({ rolloutId: made[0].id, annotator: 'ana', boundaries: [1, 2] });
    const changed = 'The phases of 1 rollout changed since this run started; the run keeps those it began with.';
    expect((await readSelected(clientOf(store), run.id, null))?.weights).toEqual({ sources, changed });
  });

  it('is the latest checkpoint that it can be gone on from', async () => {
    const { store, run } = storeWithRun();
    expect((await readSelected(clientOf(store), run.id, null))?.checkpoint).toBeNull();
    store.runs.addCheckpoint(run.id, 2);
    expect((await readSelected(clientOf(store), run.id, null))?.checkpoint).toBe(2);
  });

  it('brings, of a long run, one iteration’s advantages and the last lines of its log to the host', async () => {
    const { store, run } = storeWithRun();
    for (let i = 1; i <= 600; i += 1) store.runs.addLog(run.id, 'info', `line ${i}`);
    const answers: unknown[] = [];
    const client = makeClient(async (call) => {
      const answer = answerCall(store, call);
      answers.push(answer);
      return answer;
    });
    const shown = await readSelected(client, run.id, null);
    expect(shown?.log).toHaveLength(500);
    expect([shown?.log[0].message, shown?.log.at(-1)?.message]).toEqual(['line 101', 'line 600']);
    const crossed = JSON.stringify(answers);
    expect(crossed.match(/0\.7,-0\.7/gu)).toHaveLength(1);
    expect(crossed).not.toContain('"line 100"');
  });

  it('is nothing when the run is gone', async () => {
    const { store } = storeWithRun();
    expect(await readSelected(clientOf(store), 'gone', null)).toBeNull();
  });
});

it('columns hold null where an iteration did not measure', () => {
  const store = openStore();
  const run = store.runs.create('avatar-1', presetConfig('avatar', '/models/cold-start', 7));
  store.runs.addIteration(run.id, metric(1, [], { kl: 0.1 }), []);
  store.runs.addIteration(run.id, metric(2, [], { reward: 1 }), []);
  expect(store.runs.curves(run.id)).toEqual({
    iterations: [1, 2],
    values: { kl: [0.1, null], reward: [null, 1] },
  });
});

it('of a run of 5,000 iterations no more crosses than charts can show, and its table has all', async () => {
  const store = openStore();
  const { id } = store.runs.create('long', presetConfig('avatar', '/models/cold-start', 7));
  const names = Array.from({ length: 20 }, (_, i) => `reward/${i}`);
  for (let i = 0; i < 5000; i += 1)
    store.runs.addIteration(id, metric(i, [], Object.fromEntries(names.map((name) => [name, i / 3]))), []);
  const shown = (await readSelected(clientOf(store), id, null))!;
  expect(shown.columns.stretch).toBe(10);
  expect(JSON.stringify(shown).length).toBeLessThan(1_000_000);
  // What is zoomed to comes whole.
  const { columns } = (await readSelected(clientOf(store), id, null, { axis: 'iteration', from: 4000, to: 4300 }))!;
  const first = columns.iterations.indexOf(4000);
  expect([columns.stretch, columns.iterations[first + 300]]).toEqual([1, 4300]);
  expect(columns.values['reward/0'].slice(first, first + 3)).toEqual([4000, 4001, 4002].map((i) => i / 3));
  const lines = store.runs.curvesTable([id]).split('\n');
  expect(lines).toHaveLength(5002);
  expect(lines[4322]).toBe(['long', 4321, ...names.map(() => 4321 / 3)].join());
});

describe('a run in the list', () => {
  it('says that a request waits until the run has met it', () => {
    const { store, run } = storeWithRun();
    store.runs.claim(run.id);
    store.runs.request(run.id, 'pause');
    expect(itemOf(store.runs.get(run.id)!, []).pending).toBe('pause');
    store.runs.update(run.id, { status: 'paused' });
    expect(itemOf(store.runs.get(run.id)!, []).pending).toBeNull();
    store.runs.request(run.id, 'end');
    expect(itemOf(store.runs.get(run.id)!, []).pending).toBe('end');
    for (const status of ['stopped', 'failed'] as const) {
      store.runs.update(run.id, { status });
      expect(itemOf(store.runs.get(run.id)!, []).pending).toBeNull();
    }
  });

  it('of a curriculum tells its stages, and where each begins', () => {
    const { store } = storeWithRun();
    const run = store.runs.create('stages', presetConfig('curriculum', '/models/cold-start', 7));
    const item = itemOf(run, []);
    expect(item.stages).toEqual([
      { stage: 'visual', first: 1 },
      { stage: 'audio-visual', first: 9 },
      { stage: 'localisation', first: 17 },
    ]);
    expect(item.configuration).toContain('CURRICULUM · cold-start · visual 8 → audio-visual 8 → localisation 8 · λ');
    expect(item.settings).toContainEqual(['stages', 'visual:8,audio-visual:8,localisation:8']);
  });

  it('has its configuration in one line, with the measured speed of its backend', () => {
    const { run } = storeWithRun();
    const measured = { ...run, backend: 'onnxruntime', measured: { onnxruntime: 141.6 } };
    expect(configurationLine(measured)).toBe(
      'AVATAR · cold-start · all stages · λ 0.3 phase-warped · 4+4 · seed 7 · onnxruntime 142 ms a gradient step',
    );
    const selected = { ...measured, config: { ...run.config, dataset: 'clips', prompts: ['p-1', 'p-2'] } };
    expect(configurationLine(selected)).toContain('cold-start · clips · 2 selected prompts · all stages');
    expect([itemOf(selected, []).selection, itemOf(run, []).selection]).toEqual(['2 selected prompts', null]);
    expect(itemOf(selected, []).settings).toContainEqual(['prompts', selectionMark(selected.config)]);
    expect(itemOf(run, []).settings).toContainEqual(['prompts', 'by default']);
    const theirs = { ...measured, config: { ...run.config, rewardRule: 'authors' as const } };
    expect(configurationLine(theirs)).toContain(' · 4+4 · rule authors · seed 7');
    const narrow = { ...measured, config: { ...run.config, lora: defaultLora, baseBits: 8 as const } };
    expect(configurationLine(narrow)).toContain(' · LoRA r 16 · base of 8 bits · seed 7');
  });
});

it('the list of a run of the authors’ presets says where it is not theirs', () => {
  const { store, run } = storeWithRun();
  expect(itemOf(run, []).deviations).toEqual([]);
  store.runs.update(run.id, { provenance: { node: 'v24', deviations: ['They do; we do not.'] } });
  expect(itemOf(store.runs.get(run.id)!, []).deviations).toEqual(['They do; we do not.']);
});

it('a run of version 0.2.0 that was trained while Rollout Lab was updated keeps its TAS, and says what became of it', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const kept: Record<string, unknown> = { ...presetConfig('avatar', '/models/cold-start', 7) };
  // There were none of these.
  for (const name of ['baseBits', 'engine', 'ray', 'prompts', 'leaveOutMissing', 'storedEvaluations', 'keepIterations'])
    delete kept[name];
  raw(file, (database) => {
    migrate(database, migrations.slice(0, 15));
    database.exec(`
      INSERT INTO prompts (id, dataset, question, options, problem_type, split) VALUES ('p', 'old', 'What?', '[]', 'free-form', 'train');
      INSERT INTO groups (id, prompt_n, policy, policy_version, rollouts) VALUES ('g', 1, 'tiny', 0, 2);
      INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, hinted, source, created_at)
        SELECT value, 1, 1, 'tiny', 0, 'At 0:01 it is red. So red.', '{}', 0, 'import:a.jsonl', '2026-01-01T00:00:00.000Z'
        FROM json_each('["labelled", "plain"]');
      INSERT INTO labels (rollout_n, annotator, value, saved_at)
        VALUES (1, 'ana', '{"boundaries":[8,19],"grounding":[null,null,null]}', '2026-01-01T00:00:00.000Z');`);
    database
      .prepare(
        `INSERT INTO runs (id, name, config, status, request, pid, heartbeat, step, created_at, started_at)
         VALUES ('run', 'before', ?, 'running', 'run', 1, ?, 3, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')`,
      )
      .run(JSON.stringify(kept), Date.now());
    database.exec(`
      INSERT INTO label_snapshots (run_n, rollout_id, boundaries, source)
        VALUES (1, 'labelled', '[8,19]', 'label:ana'), (1, 'plain', NULL, 'parabolic')`);
  });
  const store = openStore(file);
  const selected = await readSelected(clientOf(store), 'run', null);
  expect(selected!.weights).toEqual({
    sources: [
      { source: 'label:ana', text: 'label of ana', rollouts: 1 },
      { source: 'parabolic', text: 'parabolic', rollouts: 1 },
    ],
    changed: null,
  });
  const item = itemOf(store.runs.get('run')!, []);
  expect(item).toMatchObject({ status: 'lost', error: expect.stringContaining('Rollout Lab was updated') as string });
  // A page that is told what it does not know shows no run at all.
  const page = { runs: [item], selected: [selected], iteration: null, zoom: null, trusted: true, failure: null };
  expect(v.is(runsProtocol.events.snapshot, JSON.parse(JSON.stringify(page)))).toBe(true);
  expect(item.configuration).toBe('AVATAR · cold-start · all stages · λ 0.3 phase-warped · 4+4 · seed 7 · auto');
  expect(item.settings).toContainEqual(['engine', 'embedded']);
});
