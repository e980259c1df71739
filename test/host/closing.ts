/** What works for a window when it is closed: a copy of a video that is made, and a run. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { overridden, presetConfig } from '../../src/domain/preset.ts';
import { makeGroup, makePrompt } from '../unit/store/rows.ts';
import { folder, openStore, until } from './workspace.ts';

/** Processes, with their command lines. The run's is detached, and goes on when the window is closed (docs/runs.md, "Follow it"). */
export interface Working {
  run: number;
  others: { pid: number; words: string }[];
}

/** Begins both, and returns once they work. */
export async function beginWork(): Promise<Working> {
  const store = await openStore();
  // Two seconds over and over, which ends after an hour: its copy takes minutes.
  const clip = join(folder, 'clip.avi');
  const quietly = ['-v', 'error', '-y'];
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=2'];
  execFileSync('ffmpeg', [...quietly, ...picture, '-c:v', 'mpeg4', clip]);
  execFileSync('ffmpeg', [...quietly, '-stream_loop', '1800', '-i', clip, '-c', 'copy', join(folder, 'long.avi')]);
  const prompt = makePrompt({ id: 'long', video: 'long.avi', answer: 'B' });
  const [rollout] = makeGroup(prompt, [1]);
  await store.addRollouts([prompt], [rollout]);

  const settings = ['backend=onnxruntime', 'threads=1', 'steps=1000000', 'evalEvery=0', 'storedRollouts=none'];
  const small = ['promptsPerStep=1', 'onPolicy=2', 'maxNewTokens=8', 'gradientSteps=1', 'checkpointEvery=1000000'];
  const config = overridden(presetConfig('grpo', 'shape:tiny', 1), [...settings, ...small]);
  const { id } = await store.runs.create('goes on', config);
  await vscode.commands.executeCommand('rolloutLab.resumeRun', id);
  await until('the run', async () => ((await store.runs.get(id))?.iteration ?? 0) > 1);

  await vscode.commands.executeCommand('rolloutLab.openReview', rollout.id);
  await until('the copy of the video', () =>
    children(process.pid).some(({ words }) => /ffmpeg.*long\.avi.*\.mp4/u.test(words)),
  );
  const run = (await store.runs.holder(id))!;
  await store.close();
  return { run, others: children(process.pid).filter(({ pid }) => pid !== run) };
}

/** A process's children, and theirs. */
function children(parent: number): Working['others'] {
  const all = readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    try {
      const above = Number(/\) \S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]);
      return [{ pid, above, words: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
    } catch {
      // It has just ended.
      return [];
    }
  });
  const of = (above: number): Working['others'] =>
    all.filter((one) => one.above === above).flatMap(({ pid, words }) => [{ pid, words }, ...of(pid)]);
  return of(parent);
}
