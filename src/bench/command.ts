import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { openBackend } from '../training/backends/choose.ts';
import { torchPlace } from '../training/engine/torch-setup.ts';
import { loraShapes, measureStep, stepShapes, type StepMeasurement } from './engine.ts';
import { iterationShapes, measureIteration, type IterationCost, type IterationMeasurement } from './iteration.ts';
import { measureGeneration, type GenerationMeasurement } from './generation.ts';
import { Peer } from './peer.ts';
import { UsageError, type Command } from '../cli/command.ts';

interface Benchmarks {
  backend: string;
  /** What it was measured beside; null where nothing was named. */
  peer: string | null;
  engine: StepMeasurement[];
  generation: GenerationMeasurement[];
  iterations: IterationMeasurement[];
}

const kinds = ['engine', 'generation', 'lora', 'iteration', 'torch'] as const;
/** The others take minutes, so they are measured only where they are named. */
const quick: readonly string[] = ['engine', 'generation'];
/** On the embedded engine, and on PyTorch. */
const iterationKinds = ['iteration', 'torch'] as const;
/** Completions sampled at once. */
const batches = [8, 64];

export const bench: Command = {
  name: 'bench',
  usage: '-- [engine|generation|lora|iteration|torch] [--peer PYTHON] [--policy DIR] [--rounds N] [--threads N]',
  summary:
    'Times gradient steps, generation and whole iterations, interleaved with PyTorch and TRL where --peer names a Python that has them.',
  options: {
    peer: { type: 'string' },
    policy: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string' },
  },
  async run({ positionals, options, progress, signal, dist }): Promise<Benchmarks> {
    const unknown = positionals.find((kind) => !kinds.includes(kind as (typeof kinds)[number]));
    if (unknown !== undefined) throw new UsageError(`there is no bench “${unknown}”: name ${kinds.join(' or ')}`);
    const wanted = (kind: (typeof kinds)[number]): boolean =>
      positionals.length === 0 ? quick.includes(kind) : positionals.includes(kind);
    const threads = options.integer('threads') ?? availableParallelism();
    const given = options.integer('rounds');
    const rounds = given ?? 9;
    if (threads < 1 || rounds < 1) throw new UsageError('--threads and --rounds must be at least 1');
    const media = resolve(dist, '../media');
    const policy = resolve(options.text('policy') ?? resolve(media, 'sample/policy'));
    const python = options.text('peer');
    const backend = await openBackend('onnxruntime', threads);
    const scripts = resolve(dist, '../src/bench');
    const steps = kinds.slice(0, 3).some(wanted);
    const peer = python === undefined || !steps ? null : await Peer.start(python, resolve(scripts, 'peer.py'));
    const result: Benchmarks = {
      backend: backend.description,
      peer: peer?.version ?? null,
      engine: [],
      generation: [],
      iterations: [],
    };
    try {
      for (const shape of [...(wanted('engine') ? stepShapes : []), ...(wanted('lora') ? loraShapes : [])]) {
        signal.throwIfAborted();
        const measured = await measureStep(shape, { backend, peer, threads, rounds });
        progress(stepText(measured));
        result.engine.push(measured);
      }
      for (const batch of wanted('generation') ? batches : []) {
        signal.throwIfAborted();
        const measured = await measureGeneration(policy, batch, { backend, peer, threads, rounds });
        progress(generationText(measured));
        result.generation.push(measured);
      }
      for (const kind of iterationKinds.filter(wanted)) {
        const torch = kind === 'torch' ? await torchPlace(dist) : null;
        const parts = { torch, backend, threads, rounds: given ?? 3, signal };
        for (const shape of iterationShapes) {
          const measured = await measureIteration(shape, {
            ...parts,
            peer: python === undefined ? null : { python, scripts },
          });
          progress(iterationText(measured));
          result.iterations.push(measured);
        }
      }
    } finally {
      peer?.stop();
    }
    return result;
  },
  print: ({ backend, peer, engine, generation, iterations }: Benchmarks) =>
    [
      `${backend}${peer === null ? '' : ` beside ${peer}`}: medians of interleaved rounds`,
      ...engine.map(stepText),
      ...generation.map(generationText),
      ...iterations.map(iterationText),
    ].join('\n'),
};

const memoryText = (bytes: number | null): string => (bytes === null ? '' : `, ${(bytes / 2 ** 20).toFixed(0)} MiB`);

function stepText(step: StepMeasurement): string {
  const { policy, hidden, batch, length, lora, baseBits, milliseconds, peakMemory, peer, ratio, shareOfBound } = step;
  const shape = `step ${policy ?? `d ${hidden}`}, ${batch} × ${length} tokens, ${lora ? 'LoRA' : 'full'}${baseBits === 8 ? ', base of 8 bits' : ''}`;
  const own = `${milliseconds.toFixed(0)} ms${memoryText(peakMemory)}`;
  if (!peer) return `${shape}: ${own}`;
  const theirs = `${peer.milliseconds.toFixed(0)} ms${memoryText(peer.peakMemory)}`;
  return `${shape}: ${own}; PyTorch ${theirs}; ratio ${ratio!.toFixed(2)}; ${(100 * shareOfBound!).toFixed(0)} % of BLAS's bound`;
}

function generationText({ batch, tokensPerSecond, peakMemory, peer, ratio }: GenerationMeasurement): string {
  const own = `generation, ${batch} at once: ${tokensPerSecond.toFixed(0)} tokens/s${memoryText(peakMemory)}`;
  if (!peer) return own;
  return `${own}; transformers ${peer.tokensPerSecond.toFixed(0)} tokens/s${memoryText(peer.peakMemory)}; ratio ${ratio!.toFixed(2)}`;
}

function iterationText({
  hidden,
  groups,
  prompt,
  newTokens,
  engine,
  own,
  peers,
  requestShare,
}: IterationMeasurement): string {
  const tokens = prompt[0] === prompt[1] ? prompt[0] : prompt.join(' to ');
  const shape = `iteration d ${hidden}, ${groups} × 8 completions, prompts of ${tokens} tokens, ${newTokens} new`;
  const requests = requestShare === null ? '' : `; requests ${(100 * requestShare).toFixed(1)} % of a gradient step`;
  const beside = peers.map(
    ({ dtype, ratio, processorRatio, memoryRatio, ...cost }) =>
      `; TRL ${dtype} ${costText(cost)}; ratio ${ratio.toFixed(2)} (processor ${processorRatio.toFixed(2)}, memory ${memoryRatio?.toFixed(2)})`,
  );
  return `${shape}, ${engine}: ${costText(own)}${requests}${beside.join('')}`;
}

const costText = ({ seconds, processor, peakMemory }: IterationCost): string =>
  `${seconds.toFixed(2)} s, ${processor.toFixed(2)} processor s${memoryText(peakMemory)}`;
