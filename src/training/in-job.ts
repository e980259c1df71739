/** In a job of a Ray cluster: the same loops as elsewhere on an extract of the store, of which the outbox tells; or an answer to one question. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EvaluationSource } from '../cluster/evaluation-job.ts';
import { Outbox, type Source } from '../cluster/outbox.ts';
import type { Question } from '../cluster/question-job.ts';
import { RunSource } from '../cluster/run-job.ts';
import { errorText } from '../domain/error-text.ts';
import { parseRunConfig } from '../domain/preset.ts';
import type { RayConfig } from '../domain/run.ts';
import { partOfRun, type PromptPart } from '../domain/run-prompts.ts';
import type { Store } from '../store/store.ts';
import { allowMediaFolders } from '../video/media-folders.ts';
import { trainRun } from './avatar/run.ts';
import { serviceModule, type JobPlace } from './engine/job-place.ts';
import { PolicyService } from './engine/policy-service.ts';
import { evaluate, settingsOf } from './evaluation/evaluate.ts';
import { EvaluationProcess, RunProcess, say } from './host/run-process.ts';
import { JobObjects } from './job-objects.ts';

export interface JobOptions {
  /** The folder that the outbox fills. */
  outbox: string;
  /** The Python that started the job. */
  python: string;
}

/** Trains the run of the job's store, and tells how it went in its outbox. Returns the process's exit code. */
export async function trainInJob(
  store: Store,
  runId: string,
  judge: string | null,
  options: JobOptions,
): Promise<number> {
  const config = parseRunConfig(store.runs.get(runId)!.config);
  const outbox = new Outbox(new RunSource(store, runId, options.outbox), options.outbox);
  const running = new RunProcess(store, runId);
  const stopping = new AbortController();
  process.on('SIGTERM', () => {
    running.terminate();
    stopping.abort();
  });
  const code = await told(outbox, async () => {
    await seeSharedMedia(store, partOfRun(config), config.ray);
    const place = placeOf(options, { store, ray: config.ray, process: running, signal: stopping.signal });
    return trainRun(store, running, judge, place).catch((error: unknown) => {
      // Media were being fetched: elsewhere a run ends after its iteration.
      if (error !== stopping.signal.reason) throw error;
      return 'stopped';
    });
  });
  running.close();
  store.close();
  return code;
}

/** The same of the evaluation of the job's store. */
export async function evaluateInJob(store: Store, id: string, options: JobOptions): Promise<number> {
  const row = store.evaluations.get(id)!;
  const { ray } = settingsOf(row);
  // Claimed first: until then its row may say that it is lost.
  const working = new EvaluationProcess(store, id);
  const outbox = new Outbox(new EvaluationSource(store, id), options.outbox);
  process.on('SIGTERM', () => working.terminate());
  const code = await told(outbox, async () => {
    await seeSharedMedia(store, row, ray);
    return evaluate(store, working, placeOf(options, { store, ray, process: working, signal: working.signal }));
  });
  working.close();
  store.close();
  return code;
}

/** Asks the policy service what stands in `file`, and tells its answer. */
export async function answerInJob(file: string, options: JobOptions): Promise<number> {
  const { open, op, fields, ray } = JSON.parse(await readFile(file, 'utf8')) as Question;
  const folder = resolve(dirname(file));
  const { python, packages } = placeOf(options);
  let answer: unknown;
  const source: Source = { news: (last) => Promise.resolve(last ? { answer } : null) };
  return told(new Outbox(source, options.outbox), async () => {
    // By the job's name: others may ask with the same storage.
    const service = new PolicyService(python, packages, serviceModule(ray, basename(options.outbox), folder));
    try {
      const { policy, adapter } = open;
      await service.ask('open', {
        ...open,
        ...{ policy: resolve(folder, policy), adapter: adapter && resolve(folder, adapter) },
      });
      answer = await service.ask(op, fields);
    } finally {
      await service.close();
    }
    return 'finished';
  });
}

/** What reads media in a job. */
interface Reading {
  store: Store;
  ray: RayConfig | null;
  process: RunProcess | EvaluationProcess;
  /** Aborts where it is to stop. */
  signal: AbortSignal;
}

function placeOf({ python, outbox }: JobOptions, reading?: Reading): JobPlace {
  const place = { python, packages: dirname(process.argv[1]) };
  if (!reading?.ray?.mediaUri) return place;
  // In the folder of Ray's session, whose logs the outbox is among.
  const folder = resolve(outbox, '../../rollout-lab-media');
  const { store, process: holder, signal } = reading;
  const log = holder.log.bind(holder);
  return { ...place, objects: new JobObjects({ ...place, folder, from: dirname(store.file), log, signal }) };
}

/** Does the work, and tells its end. Returns the process's exit code. */
async function told(outbox: Outbox, work: () => Promise<'finished' | 'stopped'>): Promise<number> {
  try {
    const status = await work();
    await outbox.close({ status, error: null });
    return 0;
  } catch (error) {
    if (error instanceof Error && error.stack) say(error.stack);
    await outbox.close({ status: 'failed', error: errorText(error) });
    return 1;
  }
}

/** Lets the job see media that its user's machine found in folders that its user named: the job alone, for the account may be others'. */
async function seeSharedMedia(store: Store, part: PromptPart, ray: RayConfig | null): Promise<void> {
  const folder = dirname(store.file);
  process.env.XDG_DATA_HOME = join(folder, 'data');
  if (ray?.files !== 'shared' || ray.mediaUri !== null) return;
  const media = store.promptMedia(part);
  await allowMediaFolders(folder, [...new Set(media.map((path) => dirname(path)))]);
}
