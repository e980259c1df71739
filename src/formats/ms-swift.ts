/**
 * ms-swift's logged completions: `<output_dir>/completions.jsonl`. Its HF trainer writes a line a logged step, each value an
 * array over the completions (`step`, `prompt`, `completion`, one a reward function, `advantages`, and what else was
 * gathered: `solution`, `num_turns`, `entropy`); its Megatron trainer the same with `gen_step`; its Ray trainer a line a
 * completion (`gen_step`, `prompt`, `completion`, `reward`). From grpo_trainer.py (`log`), megatron's rollout_mixin.py
 * (`_build_log_table`) and ray's base_trainer.py (`_maybe_log_completions`). Only the HF trainer logs evaluations: a line of the step's
 * own, as it logs the metrics, so that `logging.jsonl` beside it has a line for each of the file (patcher.py, `on_log`).
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, questionOf } from './chat.ts';
import { jsonRecords } from './json-records.ts';
import { promptDraft, rolloutDraft, type Draft, type Format, type RecordsOf } from './draft.ts';
import { finishOf } from './finish.ts';
import { LoggedRun, type RunRow } from './logged-run.ts';
import type { LoggedBatch, LoggedRow } from './scored-batch.ts';
import { score, step, valid } from './valid.ts';

const row = v.looseObject({
  step: v.optional(v.nullable(step)),
  gen_step: v.optional(v.nullable(step)),
  prompt: chat,
  completion: v.string(),
  reward: score,
  advantages: score,
  solution: v.optional(v.unknown()),
});

/** How its decoder writes the tokens that stand for media: "[151656 * 256]". */
const mediaRun = /\[(?:-100|\d{5,}) \* \d+\]/gu;

export const msSwift: Format = {
  name: 'ms-swift',
  title: 'ms-swift completions (JSONL)',
  writtenAs: /^completions$/u,
  container: 'json',
  detects: (record) => 'prompt' in record && 'completion' in record && ('step' in record || 'gen_step' in record),
  survey: { of: (file) => file, read: runOf },
  rows(record, { survey, note }): RunRow[] {
    if (!isTable(record)) return [{ ...alone, row: record as LoggedRow }];
    const logged = batchOf(record);
    return (survey as LoggedRun).take(logged, stepOf(logged), note);
  },
  parse(record, context): Draft {
    const scored = record as RunRow;
    const { nth, isEvaluation, isHeldOut } = scored;
    const { step, gen_step, prompt, completion, reward, advantages, solution } = valid(row, scored.row);
    const { text, system, ...asked } = questionOf(
      typeof prompt === 'string' ? prompt.replaceAll(mediaRun, '') : prompt,
    );
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...{ question: text, answer: answerOf(solution), ...asked, nth },
        ...(isHeldOut && { split: 'validation' }),
      }),
      rollout: rolloutDraft(context, {
        // A prompt may be trained on and evaluated at one step.
        groupName: [nth > 0 ? String(nth) : '', isEvaluation ? 'evaluation' : ''].join(' ').trim(),
        policy: basename(dirname(context.file)),
        policyVersion: scored.reusedFrom ?? step ?? gen_step ?? 0,
        completion,
        finish: finishOf(scored.row),
        rewards: scored.rewards,
        // The Ray trainer logs the sum alone; the others the parts, without their weights.
        reward: reward ?? scored.reward,
        advantage: advantages,
        hinted: asked.hint !== null,
        system,
      }),
      ...(isEvaluation && { evaluation: context.dataset }),
      labels: [],
    };
  },
};

type Table = Record<string, unknown> & { completion: unknown[] };

function isTable(record: unknown): record is Table {
  return typeof record === 'object' && record !== null && 'completion' in record && Array.isArray(record.completion);
}

/** What a completion that is logged by itself tells beside its row. */
const alone = { rewards: {}, reward: null, nth: 0, reusedFrom: null, isEvaluation: false, isHeldOut: false };

/** The run that a file is of. */
async function runOf(file: string, recordsOf: RecordsOf): Promise<LoggedRun> {
  const run = new LoggedRun('ms-swift');
  const kinds = await kindsOf(dirname(file));
  for await (const record of await recordsOf(file)) {
    if (!('value' in record) || !isTable(record.value)) continue;
    try {
      const logged = batchOf(record.value);
      const step = stepOf(logged);
      const isTrainingAlone = 'gen_step' in record.value;
      run.add(logged, step, isTrainingAlone ? false : (kinds.get(step)?.shift() ?? null));
    } catch {
      // Told when it is its turn to be imported.
    }
  }
  run.close();
  return run;
}

/** Of each step, whether each of its lines in the run's log is of an evaluation; empty without a log. */
async function kindsOf(folder: string): Promise<Map<number, boolean[]>> {
  const kinds = new Map<number, boolean[]>();
  const file = join(folder, 'logging.jsonl');
  if (!existsSync(file)) return kinds;
  for await (const record of jsonRecords(file)) {
    const entry = v.safeParse(logEntry, 'value' in record ? record.value : null);
    if (!entry.success) continue;
    const { 'global_step/max_steps': steps, ...metrics } = entry.output;
    const step = Number(steps.split('/')[0]);
    const isEvaluation = Object.keys(metrics).some((key) => key.startsWith('eval_'));
    kinds.set(step, [...(kinds.get(step) ?? []), isEvaluation]);
  }
  return kinds;
}

const logEntry = v.looseObject({ 'global_step/max_steps': v.pipe(v.string(), v.regex(/^\d+\/\d+$/u)) });

function stepOf({ rows }: LoggedBatch): number {
  const given = v.safeParse(step, rows[0]?.step ?? rows[0]?.gen_step);
  return given.success ? given.output : 0;
}

const known = new Set(['advantages', 'solution']);

/** Reward functions stand between the completion and the advantages. */
function batchOf(table: Table): LoggedBatch {
  const columns = Object.keys(table);
  const after = columns.slice(columns.indexOf('completion') + 1);
  const end = after.indexOf('advantages');
  const names = end < 0 ? [] : after.slice(0, end);
  const others = after.slice(names.length).filter((name) => !known.has(name));
  return { rows: rowsOf(table), names, others, advantage: 'advantages' };
}

function rowsOf(table: Table): LoggedRow[] {
  const columns = Object.entries(table).map(([name, values]) => {
    const count = table.completion.length;
    if (!Array.isArray(values)) throw new Error(`${name}: not a list, where completion is one`);
    if (values.length !== count) throw new Error(`${name}: ${values.length} values for ${count} completions`);
    return [name, values as unknown[]] as const;
  });
  return table.completion.map((_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
}
