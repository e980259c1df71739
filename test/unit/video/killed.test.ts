/** What is left of a process that was killed while ffmpeg worked for it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../store/fixture.ts';

/** The processes whose command line has these words, and that have not ended. */
function processes(words: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const line = readFileSync(`/proc/${Number(name)}/cmdline`, 'utf8');
      return line.includes(words) ? [Number(name)] : [];
    } catch {
      // No process, or one that has just ended.
      return [];
    }
  });
}

it.skipIf(process.platform !== 'linux')(
  'ffmpeg ends with the process that it makes a copy for, though that is killed',
  async () => {
    const folder = temporaryFolder();
    const quietly = ['-v', 'error', '-y'];
    const clip = join(folder, 'clip.avi');
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=2'];
    execFileSync('ffmpeg', [...quietly, ...picture, '-c:v', 'mpeg4', clip]);
    // An hour, of which no machine makes a copy in the time of a test.
    const long = join(folder, 'long.avi');
    execFileSync('ffmpeg', [...quietly, '-stream_loop', '1800', '-i', clip, '-c', 'copy', long]);
    const cache = join(folder, 'cache');
    const program = join(import.meta.dirname, 'processes/copy.ts');
    const child = spawn(process.execPath, [program, long, cache], { stdio: 'inherit' });
    const works = (): number[] => processes(`${cache}/unfinished-`);
    onTestFinished(() => {
      for (const pid of works()) process.kill(pid, 'SIGKILL');
    });
    await expect.poll(works, { timeout: 60_000 }).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(works, { timeout: 30_000 }).toEqual([]);
  },
  120_000,
);
