/**
 * TRL's logged completions: `<output_dir>/completions/completions_{step:05d}.parquet` with `step`, `prompt`, `completion`, one float64
 * column a reward function (null where it gave no score), then whatever reward functions gave to `log_extra`, and `advantage`
 * (trl grpo_trainer.py, `log`). A file is a batch; files of a run that were put together hold one after another. An evaluation is logged as
 * a step is, and its file is written over the step's.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, completionOf, questionOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format, type RecordsOf } from './draft.ts';
import { finishOf } from './finish.ts';
import { parseJson, type RawRecord } from './json-records.ts';
import { LoggedRun, type RunRow } from './logged-run.ts';
import { parquetRecords, type ParquetColumn } from './parquet-records.ts';
import type { LoggedBatch, LoggedRow } from './scored-batch.ts';
import { readSmall } from './small-file.ts';
import { score, step, textual, valid } from './valid.ts';

const row = v.looseObject({
  step: v.optional(v.nullable(step)),
  prompt: chat,
  completion: chat,
  advantage: score,
  problem_id: v.optional(v.nullable(textual)),
  solution: v.optional(v.nullable(textual)),
});

export const trl: Format = {
  name: 'trl',
  title: 'TRL completions (parquet)',
  writtenAs: /^completions(?:_\d+)?$/u,
  container: 'parquet',
  detects: (record) => 'prompt' in record && 'completion' in record && !('tas_weights' in record),
  records: batchesOf,
  within: 'rows',
  survey: { of: (file) => (isCompletions(file) ? dirname(file) : file), read: runOf },
  rows(record, { file, survey, note }) {
    const logged = record as LoggedBatch;
    return (survey as LoggedRun).take(logged, stepOf(logged, file), note);
  },
  parse(record, context): Draft {
    const scored = record as RunRow;
    const { step, prompt, completion, advantage, problem_id, solution } = valid(row, scored.row);
    const { text, system, ...asked } = questionOf(prompt);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        sourceId: problem_id ?? null,
        question: text,
        answer: answerOf(solution),
        ...asked,
        nth: scored.nth,
        ...(scored.isHeldOut && { split: 'validation' }),
      }),
      rollout: rolloutDraft(context, {
        groupName: scored.nth > 0 ? String(scored.nth) : '',
        policy: policyOf(context),
        policyVersion: scored.reusedFrom ?? step ?? stepOfName(context.file),
        completion: completionOf(typeof completion === 'string' ? completion : completion.map(withoutNulls)),
        finish: finishOf(scored.row),
        rewards: scored.rewards,
        reward: scored.reward,
        advantage,
        hinted: asked.hint !== null,
        system,
      }),
      ...(scored.isEvaluation && { evaluation: context.dataset }),
      labels: [],
    };
  },
};

/** A column of calls has a place for every argument that any of them names: those that one did not give are null. */
export function withoutNulls<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutNulls) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(given.map(([name, one]) => [name, withoutNulls(one)])) as Value;
}

/** The run whose completions lie in a folder, or are in one file. */
async function runOf(path: string, recordsOf: RecordsOf): Promise<LoggedRun> {
  const isFolder = (await stat(path)).isDirectory();
  const files = isFolder ? (await readdir(path)).filter(isCompletions).map((name) => join(path, name)) : [path];
  const run = new LoggedRun('TRL');
  const evaluated = isFolder ? await evaluatedSteps(dirname(path)) : new Set<number>();
  for (const file of files.sort((a, b) => stepOfName(a) - stepOfName(b))) {
    try {
      for await (const record of await recordsOf(file)) {
        if (!('value' in record)) continue;
        const step = stepOf(record.value as LoggedBatch, file);
        run.add(record.value as LoggedBatch, step, evaluated?.has(step) ?? null);
      }
    } catch {
      // Told when it is its turn to be imported.
    }
  }
  run.close();
  return run;
}

/** The steps at which a run was evaluated, by the log in its last checkpoint; null without one. */
async function evaluatedSteps(folder: string): Promise<Set<number> | null> {
  const checkpoints = (await readdir(folder)).filter((name) => /^checkpoint-\d+$/u.test(name));
  const stepOf = (name: string): number => Number(name.replace('checkpoint-', ''));
  const places = ['', ...checkpoints.sort((a, b) => stepOf(b) - stepOf(a))];
  for (const place of places) {
    try {
      const text = await readSmall(join(folder, place, 'trainer_state.json'));
      const { log_history } = valid(trainerState, parseJson(text.toString()));
      const evaluations = log_history.filter((entry) => Object.keys(entry).some((key) => key.startsWith('eval_')));
      return new Set(evaluations.map(({ step }) => step));
    } catch {
      // Not there, or no log: another may be.
    }
  }
  return null;
}

const trainerState = v.looseObject({ log_history: v.array(v.looseObject({ step })) });

/** Yields the rows of one step that follow one another. */
async function* batchesOf(file: string): AsyncGenerator<RawRecord> {
  let open: (LoggedBatch & { line: number; rows: LoggedRow[] }) | null = null;
  for await (const { line, value: row, columns } of parquetRecords(file)) {
    if (open && open.rows[0].step !== row.step) {
      yield { line: open.line, value: open };
      open = null;
    }
    open ??= { line, rows: [], ...columnsOf(columns) };
    open.rows.push(row);
  }
  if (open) yield { line: open.line, value: open };
}

const known = new Set(['step', 'prompt', 'completion', 'advantage', 'problem_id', 'solution']);

/** The floats that follow the completion are reward functions', and what was given to `log_extra` as floats. */
function columnsOf(columns: readonly ParquetColumn[]): Omit<LoggedBatch, 'rows'> {
  const place = columns.findIndex(({ name }) => name === 'completion');
  const after = columns.slice(place + 1).filter(({ name }) => !known.has(name));
  const end = after.findIndex(({ isFloat }) => !isFloat);
  const names = after.slice(0, end < 0 ? after.length : end).map(({ name }) => name);
  const others = columns.map(({ name }) => name).filter((name) => !known.has(name) && !names.includes(name));
  return { names, others, advantage: 'advantage' };
}

/** The run's output folder. */
function policyOf({ file }: FileContext): string {
  const folder = dirname(file);
  return basename(basename(folder) === 'completions' ? dirname(folder) : folder);
}

/** Whether TRL named the file: then those beside it are of the same run. */
const isCompletions = (file: string): boolean => /^completions_\d+\.parquet$/u.test(basename(file));

function stepOf({ rows }: LoggedBatch, file: string): number {
  const given = v.safeParse(step, rows[0].step);
  return given.success ? given.output : stepOfName(file);
}

const stepOfName = (file: string): number => Number(/(\d+)\.parquet$/u.exec(file)?.[1] ?? 0);
