/**
 * The traces of verifiers 0.4 that rollouts were imported from, as they stand in their files, with `loss_weights.rl` beside the sampled
 * tokens: verifiers calls it a loss-weight stream aligned to `token_ids` (graph.py), and prime-rl multiplies its `rl` loss by it and leaves
 * tokens of weight 0 out (trajectories.py, trainer/rl/loss.py). Prompts keep their tokens, which a store does not have.
 */
import { groupId, importedEvaluationId, promptId, rolloutId } from '../domain/identity.ts';
import { isRow, type Row } from './columns.ts';
import { recordsOf } from './detect.ts';
import type { Draft, FileContext } from './draft.ts';
import { contextOf } from './reader.ts';
import { Occurrences } from './occurrences.ts';
import { shortest } from './rollout-lab.ts';
import { withTokens } from './token-needed.ts';
import type { Weighed } from './training-row.ts';
import { verifiersTraces } from './verifiers-traces.ts';
import { writeEach } from './write.ts';
import { writeWhole } from './whole-file.ts';

interface Weights {
  ids: readonly number[];
  weights: readonly number[];
}

/**
 * Writes the episodes of `rows` with these traces alone. Rejects when a rollout has no tokens, is of no such file, or is not found in it again.
 */
export async function writeVerifiersTraining(out: string, rows: Iterable<Weighed>): Promise<void> {
  const files = new Map<string, Map<string, Weights>>();
  for (const { row, training, ids } of withTokens(rows)) {
    const file = row.rollout.source.replace(/^import:/u, '');
    const ofFile = files.get(file) ?? new Map<string, Weights>();
    files.set(file, ofFile.set(row.rollout.id, { ids, weights: training.tas_weights }));
  }
  await writeWhole(out, (made) => writeEach(made, lines(files)));
}

const cure =
  'weights go into the traces of verifiers 0.4 that rollouts were imported from, so leave others out (--where policy:NAME), or import the file again';

async function* lines(files: ReadonlyMap<string, Map<string, Weights>>): AsyncGenerator<string> {
  for (const [file, wanted] of files) {
    const [first] = wanted.keys();
    try {
      yield* linesOf(file, wanted);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${file}, where rollout ${first} came from, cannot be read: ${message}: ${cure}`, {
        cause: error,
      });
    }
    if (wanted.size === 0) continue;
    const [lost] = wanted.keys();
    throw new Error(
      `${lost}${wanted.size === 1 ? ' is' : ` and ${wanted.size - 1} more are`} in no trace of ${file}: ${cure}`,
    );
  }
}

/** Takes what it finds out of `wanted`. */
async function* linesOf(file: string, wanted: Map<string, Weights>): AsyncGenerator<string> {
  const context: FileContext = {
    ...(await contextOf(file, verifiersTraces)),
    phases: [],
    survey: new Map(),
    note: () => undefined,
  };
  const occurrences = new Occurrences();
  for await (const record of await recordsOf(verifiersTraces, file)) {
    // What was broken when it was imported is no rollout of the store.
    if (!('value' in record) || !isRow(record.value) || !verifiersTraces.detects!(record.value)) continue;
    const episode = record.value;
    const traces = Array.isArray(episode.traces) ? (episode.traces as Row[]) : [episode];
    const kept = read(episode, context).flatMap((draft, i) => {
      const id = draft && idsOf(draft, occurrences).find((one) => wanted.has(one));
      if (id === undefined) return [];
      weigh(traces[i], wanted.get(id)!, id);
      wanted.delete(id);
      return [traces[i]];
    });
    if (kept.length > 0) yield `${JSON.stringify('traces' in episode ? { ...episode, traces: kept } : kept[0])}\n`;
  }
}

type RolloutOf = Extract<Draft, { kind: 'prompt' }>;

/** Of each trace what an import makes of it; undefined of one that it rejects. */
function read(episode: Row, context: FileContext): (RolloutOf | undefined)[] {
  const attempt = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  const rows = attempt(() => verifiersTraces.rows!(episode, context)) ?? [];
  return rows.map((row) => attempt(() => verifiersTraces.parse(row, context) as RolloutOf));
}

/** The ids that an import gives its rollout: of an evaluation, it has the second where the same completion is in another one. */
function idsOf({ prompt, rollout, evaluation }: RolloutOf, occurrences: Occurrences): string[] {
  const { groupName, ...draft } = rollout!;
  const { policy, policyVersion, completion } = draft;
  const asked = promptId(prompt, prompt.nth);
  const group = (name: string): string => groupId(asked, policy, policyVersion, name);
  const place = occurrences.of(group(groupName), completion);
  const names = evaluation
    ? [groupName, `${groupName}\0${importedEvaluationId(evaluation, policy, policyVersion)}`]
    : [groupName];
  return names.map((name) => rolloutId({ ...draft, promptId: asked, groupId: group(name) }, place));
}

/** Puts weights beside the tokens that the model sampled in one go; those of all others are 0. */
function weigh(trace: Row, { ids, weights }: Weights, id: string): void {
  const nodes = trace.nodes as { token_ids?: number[]; mask?: boolean[]; loss_weights?: Row }[];
  const node = nodes.find(({ token_ids = [], mask = [] }) => {
    const sampled = token_ids.filter((_, i) => mask[i]);
    return sampled.length === ids.length && sampled.every((token, i) => token === ids[i]);
  });
  if (!node)
    throw new Error(`the tokens of rollout ${id} are not those of its trace: of several turns the store has none`);
  let at = 0;
  const rl = node.mask!.map((isSampled) => (isSampled ? shortest(weights[at++]) : 0));
  node.loss_weights = { ...node.loss_weights, rl };
}
