import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { backendsOf, type BackendName } from '../../domain/backend.ts';
import { counted } from '../../domain/counted.ts';
import { sqliteVersion, type Store } from '../../store/store.ts';
import { forget } from '../../training/backends/remembered.ts';
import { launchCheck, type BackendCheck, type Unavailable } from '../../training/backends/launch-check.ts';
import { judgeKeyVariable } from '../../training/host/local.ts';
import { examineTorch, type TorchSetup } from '../../training/engine/torch-setup.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

interface Doctor {
  node: string;
  platform: string;
  ffmpeg: string | null;
  ffprobe: string | null;
  sqlite: string;
  /** Whether the environment holds a key for runs whose judge is an endpoint. */
  judgeKey: boolean;
  /** Of every backend that there can be here: what it is and takes, or why it does not run and what to do. */
  backends: ({ name: BackendName } & (BackendCheck | Unavailable))[];
  /** The same of the PyTorch engine. */
  torch: TorchSetup | Unavailable;
  /** Null without --db. */
  store: { file: string; datasets: number; prompts: number; rollouts: number; runs: number } | null;
}

export const doctor: Command = {
  name: 'doctor',
  usage: '[--db FILE]',
  summary:
    'Shows what this machine has: Node, ffmpeg, each backend and the PyTorch engine with the time of a gradient step, and the store.',
  options: storeOption,
  async run({ options, dist, signal }): Promise<Doctor> {
    return {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      ffmpeg: await versionOf('ffmpeg'),
      ffprobe: await versionOf('ffprobe'),
      sqlite: sqliteVersion(),
      judgeKey: Boolean(process.env[judgeKeyVariable]),
      backends: await checkBackends(dist, signal),
      torch: await examineTorch(dist, signal),
      store: options.text('db') === undefined ? null : await withStore(options, countsOf),
    };
  },
  print: (doctor: Doctor) => doctorText(doctor),
  /** Video needs both. */
  failed: ({ ffmpeg, ffprobe }: Doctor) => ffmpeg === null || ffprobe === null,
};

function doctorText({ node, platform, ffmpeg, ffprobe, sqlite, judgeKey, backends, torch, store }: Doctor): string {
  const missing = 'missing: install ffmpeg and put it on PATH';
  const lines: [string, string][] = [
    ['Node', `${node}, ${platform}`],
    ['ffmpeg', ffmpeg ?? missing],
    ['ffprobe', ffprobe ?? missing],
    ['SQLite', sqlite],
    ['judge key', judgeKey ? `in ${judgeKeyVariable}` : `none in ${judgeKeyVariable}`],
    ...backends.map((backend): [string, string] => [backend.name, backendText(backend)]),
    ['PyTorch engine', torchText(torch)],
  ];
  if (store) {
    const { file, datasets, prompts, rollouts, runs } = store;
    lines.push([
      'store',
      `${file}: ${[counted(datasets, 'dataset'), counted(prompts, 'prompt'), counted(rollouts, 'rollout'), counted(runs, 'run')].join(', ')}`,
    ]);
  }
  return lines.map(([name, text]) => `${name.padEnd(20)}  ${text}`).join('\n');
}

function backendText(backend: Doctor['backends'][number]): string {
  if ('unavailable' in backend) return backend.unavailable;
  const { description, difference, smallStep, milliseconds } = backend;
  const time =
    milliseconds === null
      ? `slow: ${Math.round(smallStep)} ms for a gradient step of 64 tokens`
      : `${Math.round(milliseconds)} ms a gradient step of the sample policy's size`;
  const agreement =
    backend.name === 'onnxruntime' ? '' : `, gradient within ${difference.toPrecision(1)} of onnxruntime's`;
  return `${time}${agreement} (${description})`;
}

function torchText(torch: Doctor['torch']): string {
  if ('unavailable' in torch) return torch.unavailable;
  const { description, milliseconds, python, versions } = torch;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const time = `${Math.round(milliseconds)} ms a gradient step of the sample policy's size`;
  return `${time} (${description}; ${python} with ${packages.join(', ')})`;
}

/** One after the other: they are timed. What runs remember of them is forgotten: who asks has changed something. */
async function checkBackends(dist: string, signal: AbortSignal): Promise<Doctor['backends']> {
  await forget();
  const checks: Doctor['backends'] = [];
  for (const name of backendsOf(process.platform, process.arch)) {
    const options = { threads: availableParallelism(), signal };
    checks.push({ name, ...(await launchCheck(join(dist, 'training.cjs'), name, options)) });
  }
  return checks;
}

async function versionOf(program: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['-version'], { timeout: 10_000 });
    return /version (\S+)/u.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

function countsOf(store: Store): Doctor['store'] {
  const datasets = store.prompts.datasets();
  const sum = (name: 'prompts' | 'rollouts'): number => datasets.reduce((total, one) => total + one[name], 0);
  return {
    file: store.file,
    datasets: datasets.length,
    prompts: sum('prompts'),
    rollouts: sum('rollouts'),
    runs: store.runs.all().length,
  };
}
