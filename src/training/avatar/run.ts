/** A run from its row to its end: material, backend, loop, checkpoints. */
import { basename, dirname } from 'node:path';
import { spanAt, type StageSpan } from '../../domain/curriculum.ts';
import type { MetricValues } from '../../domain/metric.ts';
import { parseRunConfig } from '../../domain/preset.ts';
import type { Judge } from '../../domain/reward.ts';
import type { Prompt } from '../../domain/rollout.ts';
import { judgeFault, sentToJudge } from '../../domain/judge-endpoint.ts';
import { judgeOf } from '../../domain/scene-judge.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import { deviations } from '../../domain/setting-source.ts';
import type { MetricRow, RunFiles, RunRow, Store } from '../../store/store.ts';
import { EngineLostError, type Engine } from '../engine/engine.ts';
import type { JobPlace } from '../engine/job-place.ts';
import type { RunProcess } from '../host/run-process.ts';
import { prepareRun, pruneCheckpoints, restoreCheckpoint, runMark, saveCheckpoint, thinRun } from './checkpoint.ts';
import { openEngine } from './run-engine.ts';
import { RunDivergedError, lastGood, writeBatch } from './divergence.ts';
import { EndpointJudge, takeJudgeKey } from './endpoint-judge.ts';
import { judgeFrames } from './judge-frames.ts';
import { gatherMaterial, type Material } from './material.ts';
import { Scoring } from './scoring.ts';
import { Trainer } from './trainer.ts';

/** A run that is being trained. */
interface Training {
  store: Store;
  running: RunProcess;
  config: RunConfig;
  trainer: Trainer;
  engine: Engine;
  /** Stored rollouts that enter the buffer as their stages begin. */
  stored: readonly Rollout[];
  files: RunFiles;
}

/**
 * Trains the run that `running` has claimed, from its latest checkpoint when it has one, until it is finished or asked to stop;
 * returns which. Its files lie beside the store (`runFiles`). `judge` is the endpoint that the user names, or null: no other is asked. `job` is the
 * place of a run of the engine ray. Throws what ends it early.
 */
export async function trainRun(
  store: Store,
  running: RunProcess,
  judge: string | null,
  job: JobPlace | null = null,
): Promise<'finished' | 'stopped'> {
  try {
    return await trained(store, running, judge, job);
  } catch (error) {
    if (!running.isEnding || running.signal.aborted) throw error;
    running.log('info', 'Ended before its iteration was over: it can go on from its last checkpoint.');
    return 'stopped';
  }
}

async function trained(
  store: Store,
  running: RunProcess,
  judge: string | null,
  job: JobPlace | null,
): Promise<'finished' | 'stopped'> {
  const { run, work: signal } = running;
  const config = parseRunConfig(run.config);
  const folder = dirname(store.file);
  const files = await prepareRun(store, run.id);
  const log = running.log.bind(running);
  const judges = judgesOf(config, store, running, judge);
  const material = await gatherMaterial({ store, folder, runId: run.id, config, log, signal, objects: job?.objects });
  const scoring = new Scoring(config, judges, (prompt) => material.policy.opensThinking(prompt));
  const unjudged = material.prompts[config.split].filter((prompt) => scoring.lacksJudge(prompt)).length;
  if (unjudged > 0)
    log(
      'warn',
      `${unjudged} prompts have no judge: its share of their reward goes to the other parts, or to accuracy where only format is left.`,
    );
  const own = material.prompts[config.split].filter(({ system }) => system).length;
  if (own > 0) log('info', `${own} prompts are asked with an instruction of their own, not with the run’s.`);
  const { keepIterations } = config;
  if (keepIterations !== null && config.steps > keepIterations)
    log(
      'info',
      `The store keeps the rollouts of the newest ${keepIterations} iterations; of those before, of every hundredth, and those that somebody did something with (keepIterations).`,
    );
  for (let losses = 0; ; losses += 1) {
    const engine = await openEngine(store, running, config, material, job);
    try {
      recordProvenance(store, running, material, engine);
      const trainer = new Trainer({
        runId: run.id,
        config,
        engine,
        policy: material.policy,
        policyName: basename(material.policyFolder),
        prompts: material.prompts,
        experiences: material.experiences,
        scoring,
        rollout: (id) => {
          const rollout = store.rollouts.get(id);
          if (!rollout) throw new Error(`rollout ${id} of the replay buffer is no longer in the store`);
          return rollout;
        },
      });
      const training: Training = { store, running, config, trainer, engine, stored: material.stored, files };
      return await train(training);
    } catch (error) {
      if (!(error instanceof EngineLostError) || losses === mostLosses || running.isEnding) throw error;
      log('warn', `The run goes on from its last checkpoint: ${error.message}`);
    } finally {
      await engine.dispose();
    }
  }
}

/** How often a run goes on after its engine's process has died. */
const mostLosses = 3;

async function train(training: Training): Promise<'finished' | 'stopped'> {
  try {
    await goOn(training);
    return await loop(training);
  } catch (error) {
    throw error instanceof RunDivergedError ? await diverged(training, error) : error;
  }
}

/** Who judges the reasoning about a prompt: the endpoint that the run and its user name, else the programmatic judge. */
function judgesOf(
  { judge, seed }: RunConfig,
  store: Store,
  running: RunProcess,
  named: string | null,
): (prompt: Prompt) => Judge | null {
  const key = takeJudgeKey();
  if (judge === null) return judgeOf;
  const fault = judgeFault(judge, named);
  if (fault !== null) throw new Error(fault);
  const log = running.log.bind(running);
  const { work: signal } = running;
  const frames = judgeFrames({ frames: judge.frames, folder: dirname(store.file), log, signal });
  const endpoint = new EndpointJudge({ judge, seed, key, verdicts: store.verdicts, frames, log, signal });
  running.log('info', `Reasoning is judged by ${endpoint.name}: it is sent there with ${sentToJudge(judge)}.`);
  return () => endpoint;
}

/** What else than its configuration a run depends on. A resumed run must have the policy it began with. */
function recordProvenance(store: Store, running: RunProcess, material: Material, engine: Engine): void {
  const { run } = running;
  const before = run.provenance;
  if (before && before.policy !== material.policyHash) {
    throw new Error(`${material.policyFolder} is not the policy this run began with: put it back, or start a new run`);
  }
  // Runs of before there was one have no hash of texts.
  const isOther =
    before && (before.data !== material.dataHash || (before.texts ?? material.textHash) !== material.textHash);
  if (isOther) running.log('warn', 'The prompts, clips or stored rollouts are not what they were when this run began.');
  const declared = deviations(parseRunConfig(run.config));
  store.runs.update(run.id, {
    provenance: {
      policy: material.policyHash,
      data: before?.data ?? material.dataHash,
      ...(!before || 'texts' in before ? { texts: before?.texts ?? material.textHash } : {}),
      backend: engine.description,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      ...(declared.length > 0 && { deviations: declared }),
    },
  });
}

/** From the latest checkpoint, or from the beginning: what was written after it is taken back. */
async function goOn({ store, running, config, trainer, engine }: Training): Promise<void> {
  const { run } = running;
  const checkpoint = store.runs.latestCheckpoint(run.id);
  store.runs.truncate(run.id, checkpoint?.iteration ?? 0);
  if (checkpoint) {
    await restoreCheckpoint({ trainer, engine }, checkpoint.path);
    running.log('info', `Going on from iteration ${checkpoint.iteration} (${checkpoint.path}).`);
    return;
  }
  const values = await evaluation(trainer, config, running.work);
  store.runs.addIteration(run.id, metricRow(0, values, []), []);
}

/** What a stage begins with: its stored rollouts, in a buffer that keeps what the stages before left there. */
async function beginStage({ store, running, config, trainer, stored }: Training, { stage }: StageSpan): Promise<void> {
  const { run } = running;
  const of = config.stages.length > 0 ? ` of stage ${stage}` : '';
  if (of !== '') running.log('info', `Stage ${stage} begins.`);
  const { entries, approximate, unplaced, unusable } = await trainer.enterStored(stored);
  if (entries.length > 0) {
    const entered = new Set(entries.map(({ rolloutId }) => rolloutId));
    const labelled = stored.filter((rollout) => entered.has(rollout.id) && trainer.source(rollout).boundaries !== null);
    running.log(
      'info',
      `${entries.length} stored rollouts${of} enter the replay buffer, ${labelled.length} with phases of their own.`,
    );
  }
  if (approximate > 0) {
    running.log(
      'warn',
      `${approximate} stored rollouts${of} carry no log-probs of this tokenizer: the starting policy's stand in for them (approximate).`,
    );
    const provenance = {
      ...store.runs.get(run.id)!.provenance,
      [`approximate${of}`]: `${approximate} of ${entries.length} stored rollouts`,
    };
    store.runs.update(run.id, { provenance });
  }
  if (unplaced > 0) {
    running.log(
      'warn',
      `${unplaced} stored rollouts${of} hold text that the policy's tokens do not spell: which token is of which phase is not known, so ${config.tas.fallback} weighs them.`,
    );
  }
  if (unusable > 0)
    running.log('warn', `${unusable} stored rollouts${of} are left out: they have no reward, no text or are too long.`);
  if (config.onPolicy === 0 && entries.length === 0)
    throw new Error(`no stored rollout${of} can be learned from offline`);
}

async function loop(training: Training): Promise<'finished' | 'stopped'> {
  const { store, running, config, trainer } = training;
  const { id } = running.run;
  while (trainer.iteration < config.steps) {
    let request = running.request();
    if (request === 'pause') {
      await checkpoint(training);
      request = await running.pause();
    }
    running.signal.throwIfAborted();
    if (request !== 'run') break;
    const span = spanAt(config, trainer.iteration + 1);
    if (trainer.iteration + 1 === span.first) await beginStage(training, span);
    const { iteration, values, advantages, rollouts } = await trainer.iterate(running.work);
    if (config.evalEvery > 0 && (iteration % config.evalEvery === 0 || iteration === config.steps)) {
      Object.assign(values, await evaluation(trainer, config, running.work));
    }
    running.work.throwIfAborted();
    store.runs.addIteration(id, metricRow(iteration, values, advantages), rollouts);
    store.runs.addSnapshot(
      id,
      rollouts.map((rollout) => training.trainer.source(rollout)),
    );
    if (iteration % config.checkpointEvery === 0 && !trainer.explodes) await checkpoint(training);
  }
  await checkpoint(training);
  store.runs.update(id, { summary: summary(store, running.run, config) });
  return trainer.iteration < config.steps ? 'stopped' : 'finished';
}

/** The loop leaves a metric without a value out, so every value there is a number. */
const metricRow = (iteration: number, values: MetricValues, advantages: number[]): MetricRow => ({
  iteration,
  at: Date.now(),
  values: values as Record<string, number>,
  advantages,
});

/** Accuracies of the policy as it is: on validation, and at the run's two ends, or where there is no validation, on the held-out split. */
async function evaluation(trainer: Trainer, config: RunConfig, signal: AbortSignal): Promise<MetricValues> {
  if (config.evalEvery === 0) return {};
  const validation = await trainer.evaluate('validation', signal);
  const atAnEnd = trainer.iteration === 0 || trainer.iteration === config.steps;
  const withTest = atAnEnd || !('accuracy/validation' in validation);
  return { ...validation, ...(withTest && (await trainer.evaluate('test', signal))) };
}

/** Saves the state after the last iteration, unless that is done, and removes what is kept no longer: checkpoints before the latest two, rollouts of long ago. */
async function checkpoint({ store, running, trainer, engine, files }: Training): Promise<void> {
  const { id } = running.run;
  const { iteration } = trainer;
  if (iteration === 0 || store.runs.latestCheckpoint(id)?.iteration === iteration) return;
  await saveCheckpoint({ trainer, engine }, files.checkpoint(iteration), runMark(store, id));
  store.runs.addCheckpoint(id, iteration);
  await pruneCheckpoints(store, id, (message) => running.log('warn', message));
  await thinRun(store, id);
}

/**
 * Keeps what a policy diverged on, and takes back the checkpoints that it had already diverged in. Returns the error that says what a
 * user can do.
 */
async function diverged(
  { store, running, config, files }: Training,
  { divergence, message }: RunDivergedError,
): Promise<Error> {
  const { id } = running.run;
  const batch = await writeBatch(files.folder, divergence, (promptId) => store.prompts.get(promptId));
  for (const { iteration } of store.runs.checkpoints(id))
    if (iteration > lastGood(divergence)) store.runs.removeCheckpoint(id, iteration);
  const checkpoint = store.runs.latestCheckpoint(id);
  store.runs.update(id, {
    summary: { 'diverged at iteration': divergence.iteration, batch, checkpoint: checkpoint?.path ?? null },
  });
  const prompts = new Set(divergence.batch.map(({ experience }) => experience.rollout.promptId)).size;
  const way = checkpoint
    ? ': start a new run from its last good checkpoint'
    : ', and no checkpoint of it is good: start a new run';
  return new Error(
    `${message} The batch, ${divergence.batch.length} rollouts of ${prompts} prompts, is in ${batch}. ` +
      `Resumed, it would diverge again${way} with a learning rate below ${config.learningRate}.`,
  );
}

/** What the run came to, from its first and last measurements. */
function summary(store: Store, run: RunRow, config: RunConfig): NonNullable<RunRow['summary']> {
  const rows = store.runs.metrics(run.id, -1);
  const all = (name: keyof MetricValues): number[] =>
    rows.flatMap(({ values }) => (name in values ? [values[name]] : []));
  const accuracies = all('accuracy/validation');
  const held = all('accuracy/test');
  return {
    preset: config.preset,
    iterations: rows.at(-1)?.iteration ?? 0,
    completions: all('completions').at(-1) ?? 0,
    tokens: all('tokens').at(-1) ?? 0,
    seconds: all('seconds').reduce((sum, seconds) => sum + seconds, 0),
    reward: all('reward').at(-1) ?? null,
    'accuracy/validation before': accuracies[0] ?? null,
    'accuracy/validation': accuracies.at(-1) ?? null,
    'accuracy/test before': held[0] ?? null,
    'accuracy/test': held.length > 1 ? held[held.length - 1] : null,
    checkpoint: store.runs.latestCheckpoint(run.id)?.path ?? null,
  };
}
