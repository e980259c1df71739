import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { openBackend } from '../training/backends/choose.ts';
import { loraShapes, measureStep, stepShapes, type StepMeasurement } from './engine.ts';
import { measureGeneration, type GenerationMeasurement } from './generation.ts';
import { Peer } from './peer.ts';
import { UsageError, type Command } from '../cli/command.ts';

interface Benchmarks {
  backend: string;
  /** What it was measured beside; null where nothing was named. */
  peer: string | null;
  engine: StepMeasurement[];
  generation: GenerationMeasurement[];
}

/** `lora` takes minutes and gigabytes, so it is measured only where it is named. */
const kinds = ['engine', 'generation', 'lora'] as const;
/** Completions sampled at once. */
const batches = [8, 64];

export const bench: Command = {
  name: 'bench',
  usage: '-- [engine|generation|lora] [--peer PYTHON] [--policy DIR] [--rounds N] [--threads N]',
  summary: 'Times gradient steps and generation, interleaved with PyTorch where --peer names a Python that has it.',
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
      positionals.length === 0 ? kind !== 'lora' : positionals.includes(kind);
    const threads = options.integer('threads') ?? availableParallelism();
    const rounds = options.integer('rounds') ?? 9;
    if (threads < 1 || rounds < 1) throw new UsageError('--threads and --rounds must be at least 1');
    const media = resolve(dist, '../media');
    const policy = resolve(options.text('policy') ?? resolve(media, 'sample/policy'));
    const python = options.text('peer');
    const backend = await openBackend('onnxruntime', threads);
    const peer = python === undefined ? null : await Peer.start(python, resolve(dist, '../src/bench/peer.py'));
    const result: Benchmarks = {
      backend: backend.description,
      peer: peer?.version ?? null,
      engine: [],
      generation: [],
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
    } finally {
      peer?.stop();
    }
    return result;
  },
  print: ({ backend, peer, engine, generation }: Benchmarks) =>
    [
      `${backend}${peer === null ? '' : ` beside ${peer}`}: medians of interleaved rounds`,
      ...engine.map(stepText),
      ...generation.map(generationText),
    ].join('\n'),
};

const memoryText = (bytes: number | null): string => (bytes === null ? '' : `, ${(bytes / 2 ** 20).toFixed(0)} MiB`);

function stepText(step: StepMeasurement): string {
  const { policy, hidden, batch, length, lora, milliseconds, peakMemory, peer, ratio, shareOfBound } = step;
  const shape = `step ${policy ?? `d ${hidden}`}, ${batch} × ${length} tokens, ${lora ? 'LoRA' : 'full'}`;
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
