/**
 * Trackio's database of a project, `{project}.db` in its folder, or the `…_traces.parquet` that it makes of it: `traces` with `run_name`, `step`, `key`,
 * `messages` and `metadata` (trackio 0.43, sqlite_storage.py). TRL's asynchronous GRPO logs rollouts there, with `reward`,
 * `rewards/NAME`, `advantage`, `group_id` and `model_version` (async_grpo_trainer.py, `log_rollout_traces`): a few of every eighth version.
 */
import * as v from 'valibot';
import { hasTraces, trackioTraces } from '../store/trackio-traces.ts';
import { chat, questionOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type Format } from './draft.ts';
import { parseJson, type RawRecord } from './json-records.ts';
import { turnsOf } from './mapped.ts';
import { isParquet, parquetRecords } from './parquet-records.ts';
import { rawBytes } from './utf8.ts';
import { score, step, textual, valid } from './valid.ts';

const longest = 64 * 1024 * 1024;

const trace = v.looseObject({
  run_id: v.string(),
  run_name: v.string(),
  step,
  messages: v.pipe(v.string('longer than is read'), v.transform(parsed), chat),
  metadata: v.pipe(v.nullish(v.string(), '{}'), v.transform(parsed), v.record(v.string(), v.unknown())),
});

const told = v.looseObject({
  reward: score,
  advantage: score,
  group_id: v.nullish(textual, ''),
  model_version: v.nullish(step, null),
});

export const trackio: Format = {
  name: 'trackio',
  title: 'Trackio traces (SQLite, parquet)',
  ending: { name: 'db', isOthers: true },
  container: 'parquet',
  begins: (head, file) => head.startsWith('SQLite format 3\0') && hasTraces(file),
  detects: (record) => ['run_name', 'step', 'key', 'messages', 'metadata', 'search_text'].every((key) => key in record),
  records: traceRecords,
  parse(record, context): Draft {
    const { run_id, run_name, messages, metadata, ...logged } = valid(trace, record);
    const { reward, advantage, group_id, model_version } = valid(told, metadata);
    const { prompt, completion } = turnsOf(messages);
    if (completion === null) throw new Error('messages: they end without a reply of the assistant');
    const { text, system, ...asked } = questionOf(prompt);
    if (metadata.group_id !== undefined)
      context.note(
        'TRL logs a few completions of some versions: groups are not whole, and advantages are as it computed them',
      );
    return {
      kind: 'prompt',
      prompt: promptDraft(context, { question: text, ...asked }),
      rollout: rolloutDraft(context, {
        // Two runs of one name are two.
        groupName: `${run_id} ${group_id}`.trim(),
        policy: run_name,
        policyVersion: model_version ?? logged.step,
        completion,
        rewards: Object.fromEntries(
          Object.entries(metadata).flatMap(([name, value]) =>
            name.startsWith('rewards/') && Number.isFinite(value)
              ? [[name.slice('rewards/'.length), value as number]]
              : [],
          ),
        ),
        reward,
        advantage,
        hinted: asked.hint !== null,
        system,
      }),
      labels: [],
    };
  },
};

/** Parquet holds what the table does. */
async function* traceRecords(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord> {
  if (isParquet(await rawBytes(file, 4))) {
    yield* parquetRecords(file);
    return;
  }
  for (const { row, ...value } of trackioTraces(file, longest)) {
    signal?.throwIfAborted();
    yield { line: row, value };
  }
}

/** Null where it is no JSON, which is neither messages nor metadata. */
function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
