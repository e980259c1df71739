/** An evaluation from its row to its end: prompts, completions, their scores. What is there already is not made again. */
import { dirname } from 'node:path';
import { parseEvaluationSettings, type EvaluationSettings } from '../../domain/evaluation.ts';
import { groupId, rolloutId } from '../../domain/identity.ts';
import { Random } from '../../domain/random.ts';
import { rewardRules } from '../../domain/reward.ts';
import type { Prompt, Rollout } from '../../domain/rollout.ts';
import type { EvaluationRow, Store } from '../../store/store.ts';
import { promptsOf } from '../avatar/prompts.ts';
import { openStartingPolicy } from '../avatar/starting-policy.ts';
import type { Reader } from '../engine/engine.ts';
import { serviceModule, type JobPlace } from '../engine/job-place.ts';
import { openReader } from '../engine/reader.ts';
import type { WorkProcess } from '../host/run-process.ts';
import { endIds } from '../policy/config.ts';
import type { Completion } from '../policy/generator.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import { askable, asked, type Asked } from './asked.ts';
import { Left } from './leaving.ts';

/** Completions that are made between two looks at what the user asks for: they are stored together. */
const atOnce = 32;
/** How often a request to stop is looked for while they are made (ms). */
const lookMs = 500;

/**
 * Makes what is missing of the evaluation that `working` has claimed, until all is there or it is asked to stop; returns which. Prompts that
 * cannot be asked are left out, and its row says why. `job` is the place of one of the engine ray. Throws what ends it early.
 */
export async function evaluate(
  store: Store,
  working: WorkProcess<EvaluationRow>,
  job: JobPlace | null = null,
): Promise<'finished' | 'stopped'> {
  const stopping = new AbortController();
  const look = setInterval(() => {
    if (working.request() !== 'run') stopping.abort();
  }, lookMs);
  try {
    await makeMissing(store, working.row, job, AbortSignal.any([working.signal, stopping.signal]));
    return 'finished';
  } catch (error) {
    working.signal.throwIfAborted();
    if (!stopping.signal.aborted) throw error;
    return 'stopped';
  } finally {
    clearInterval(look);
  }
}

async function makeMissing(
  store: Store,
  evaluation: EvaluationRow,
  job: JobPlace | null,
  signal: AbortSignal,
): Promise<void> {
  const { id, adapter, createdAt } = evaluation;
  const settings = settingsOf(evaluation);
  const { n, engine: engineName, policyFolder, seed, backend, threads, ray } = settings;
  const folder = dirname(store.file);
  const opened = await openStartingPolicy(
    { engine: engineName, policy: policyFolder, adapter, lora: null, baseBits: 32, seed },
    folder,
    new Date(createdAt),
  );
  const { policy, policyHash } = opened;
  if (settings.policyHash !== null && settings.policyHash !== policyHash)
    throw new Error(`${policyFolder} is not the policy this evaluation began with: put it back, or evaluate anew`);
  store.evaluations.update(id, { settings: { ...settings, policyHash } });

  const all = promptsToAsk(store, evaluation);
  const left = new Left();
  const kept = await askable(all, { policy, folder, left, objects: job?.objects, signal });
  const done = new Map(store.evaluations.answered(id).map(({ promptId, rollouts }) => [promptId, rollouts]));
  const missing = kept.filter((prompt) => (done.get(prompt.id) ?? 0) < n);
  const told = (): void => {
    store.evaluations.update(id, { total: (all.length - left.count) * n, error: left.text(all.length) });
    if (left.count === all.length) throw new Error(left.text(all.length)!);
  };
  told();
  if (missing.length === 0) return;

  const engine = await openReader(policy, {
    ...{ base: opened.policyFolder, adapter: opened.adapterFolder, backend, threads, signal },
    ...(job && { place: { ...job, module: serviceModule(ray!, id, folder, job.objects) } }),
  });
  try {
    const step = Math.max(1, Math.floor(atOnce / n));
    for (let from = 0; from < missing.length; from += step) {
      signal.throwIfAborted();
      const questions = await asked(missing.slice(from, from + step), { policy, settings, folder, left, signal });
      const rollouts = await answered({ evaluation, settings, policy, engine, signal }, questions);
      store.addRollouts([], rollouts);
      told();
    }
  } finally {
    await engine.dispose();
  }
}

/** The prompts of its dataset's split. Throws where there are none. */
export function promptsToAsk(store: Store, { dataset, split }: EvaluationRow): Prompt[] {
  const all = promptsOf(store, { dataset, prompts: null, stage: null }, split ?? 'test');
  if (all.length > 0) return all;
  throw new Error(
    `no prompts to ask: ${dataset ? `dataset ${dataset}` : 'this store'}, split ${split} has none. ${datasetsText(store)}`,
  );
}

/** How it is made. Throws where it was not made here. */
export function settingsOf({ name, settings }: EvaluationRow): EvaluationSettings {
  if (settings === null) throw new Error(`${name} was imported: it cannot be gone on with here`);
  return parseEvaluationSettings(settings);
}

function datasetsText(store: Store): string {
  const names = store.prompts.datasets().map(({ dataset }) => dataset);
  return names.length === 0
    ? 'Import the dataset first.'
    : `The store has the datasets ${names.join(', ')}: name one of them, or import the dataset first.`;
}

interface Answering {
  evaluation: EvaluationRow;
  settings: EvaluationSettings;
  policy: PolicyText;
  engine: Reader;
  signal: AbortSignal;
}

/** The completions of some prompts as rollouts. Random numbers come from the seed, the prompt and the place alone. */
async function answered(parts: Answering, questions: readonly Asked[]): Promise<Rollout[]> {
  const { settings, engine, signal } = parts;
  const { n, seed, temperature, topP, maxNewTokens } = settings;
  const requests = questions.flatMap(({ prompt, context }) =>
    Array.from({ length: n }, (_, i) => ({ ...context, random: Random.seeded(seed, 'evaluate', prompt.id, i) })),
  );
  const completions = await engine.generate(requests, { temperature, topP, topK: 0, maxNewTokens }, signal);
  return questions.flatMap((question, place) =>
    completions.slice(place * n, (place + 1) * n).map((completion, i) => rolloutOf(parts, question, completion, i)),
  );
}

function rolloutOf(
  { evaluation, settings, policy }: Answering,
  { prompt, system }: Asked,
  { ids, logProbs, entropies }: Completion,
  place: number,
): Rollout {
  const { id, policy: name, policyVersion } = evaluation;
  const completion = policy.tokenizer.decode(ids);
  const accuracy = rewardRules[settings.rewardRule].accuracy(completion, prompt).score;
  const rollout: Rollout = {
    id: '',
    promptId: prompt.id,
    groupId: groupId(prompt.id, name, policyVersion, id),
    runId: null,
    policy: name,
    policyVersion,
    completion,
    rewards: { accuracy },
    reward: accuracy,
    advantage: null,
    finish: endIds(policy.config).includes(ids[ids.length - 1]) ? 'stop' : 'length',
    tokens: {
      ...{ ids, logProbs, offsets: policy.tokenizer.starts(ids, completion), tokenizer: name },
      curves: { entropy: entropies },
    },
    hinted: false,
    system,
    evaluationId: id,
    source: 'evaluate',
    createdAt: new Date().toISOString(),
  };
  return { ...rollout, id: rolloutId(rollout, place) };
}
