import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { sqliteVersion, Store } from '../../store/store.ts';
import { judgeKeyVariable } from '../../training/launch.ts';
import type { Command } from '../command.ts';
import { measureBackends } from '../measure-backends.ts';

interface Doctor {
  node: string;
  platform: string;
  ffmpeg: string | null;
  ffprobe: string | null;
  sqlite: string;
  /** Whether the environment holds a key for runs whose judge is an endpoint. */
  judgeKey: boolean;
  /** Milliseconds of a training step by backend, or why one does not run here. */
  backends: Awaited<ReturnType<typeof measureBackends>>;
  /** Null without --db. */
  store: { file: string; datasets: number; prompts: number; rollouts: number; runs: number } | null;
}

export const doctor: Command = {
  name: 'doctor',
  usage: '[--db FILE]',
  summary: 'Tells what this machine has: Node, ffmpeg, backends with a measured step, the store.',
  options: { db: { type: 'string' } },
  async run({ options }): Promise<Doctor> {
    const file = options.text('db');
    return {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      ffmpeg: await versionOf('ffmpeg'),
      ffprobe: await versionOf('ffprobe'),
      sqlite: sqliteVersion(),
      judgeKey: Boolean(process.env[judgeKeyVariable]),
      backends: await measureBackends(),
      store: file === undefined ? null : countsOf(file),
    };
  },
  /** Video needs both. */
  failed: ({ ffmpeg, ffprobe }: Doctor) => ffmpeg === null || ffprobe === null,
};

async function versionOf(program: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['-version'], { timeout: 10_000 });
    return /version (\S+)/u.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

function countsOf(file: string): Doctor['store'] {
  if (!existsSync(file)) throw new Error(`there is no store at ${file}`);
  const store = Store.open(file);
  try {
    const datasets = store.datasets();
    const sum = (name: 'prompts' | 'rollouts'): number => datasets.reduce((total, one) => total + one[name], 0);
    return {
      file,
      datasets: datasets.length,
      prompts: sum('prompts'),
      rollouts: sum('rollouts'),
      runs: store.runs().length,
    };
  } finally {
    store.close();
  }
}
