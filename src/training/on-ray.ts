/** Runs and evaluations whose loop is in a job of a Ray cluster, as this machine's training process has them: it follows the job. */
import { EvaluationJob } from '../cluster/evaluation-job.ts';
import { followJob } from '../cluster/follow.ts';
import { RunJob } from '../cluster/run-job.ts';
import { parseRunConfig } from '../domain/preset.ts';
import { rayFault } from '../domain/ray-address.ts';
import type { Store } from '../store/store.ts';
import { pruneCheckpoints, prepareRun, runMark, thinRun, writeCheckpoint } from './avatar/checkpoint.ts';
import { takeJudgeKey } from './avatar/endpoint-judge.ts';
import { promptsToAsk, settingsOf } from './evaluation/evaluate.ts';
import { judgeKeyVariable, rayTokenVariable } from './host/local.ts';
import type { EvaluationProcess, RunProcess } from './host/run-process.ts';
import { mediaFinder } from './media-finder.ts';

/** Whoever may see a job's settings would read a key in them. */
const keyCure = `the cluster needs it in the environment of its head, as ${judgeKeyVariable} (docs/cluster.md, “A judge’s key”), or the job ends before it begins`;

/** What the user names: nothing goes to another cluster. */
export interface RayNames {
  address: string | null;
  /** The folder of the built bundles. */
  dist: string;
}

/**
 * Follows the run that `running` has claimed until it is finished or asked to stop; returns which. `judge` is the endpoint that the user names: no
 * other is asked. Throws what ends it early.
 */
export async function runOnRay(
  store: Store,
  running: RunProcess,
  judge: string | null,
  { address, dist }: RayNames,
): Promise<'finished' | 'stopped'> {
  const { run } = running;
  const [token, key] = [takeToken(), takeJudgeKey()];
  const config = parseRunConfig(run.config);
  const fault = rayFault(config.ray, address);
  if (fault !== null) throw new Error(fault);
  const judgeKey = config.judge !== null && key !== null;
  if (judgeKey) running.log('warn', `The key of the judge at ${config.judge!.endpoint} is not sent: ${keyCure}.`);
  const files = await prepareRun(store, run.id);
  const work = new RunJob({
    ...{ store, run, judge, judgeKey, find: await mediaFinder(store.file, config.ray) },
    lay: (iteration, fill) => writeCheckpoint(files.checkpoint(iteration), runMark(store, run.id), fill),
    prune: async () => {
      await pruneCheckpoints(store, run.id, (message) => running.log('warn', message));
      await thinRun(store, run.id);
    },
  });
  return followJob({ work, holder: running, token, dist });
}

/** The same of an evaluation. */
export async function evaluateOnRay(
  store: Store,
  working: EvaluationProcess,
  { address, dist }: RayNames,
): Promise<'finished' | 'stopped'> {
  const { row } = working;
  const token = takeToken();
  const { ray } = settingsOf(row);
  const fault = rayFault(ray, address, 'evaluation');
  if (fault !== null) throw new Error(fault);
  // Said at once, not by a job.
  promptsToAsk(store, row);
  const work = new EvaluationJob({ store, evaluation: row, find: await mediaFinder(store.file, ray) });
  return followJob({ work, holder: working, token, dist });
}

/** The cluster's token: no process that this one starts gets it. */
function takeToken(): string | null {
  const token = process.env[rayTokenVariable];
  delete process.env[rayTokenVariable];
  return token ?? null;
}
