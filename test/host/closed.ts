/** What is left of a window that is closed: of the processes that worked for it, its run alone. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Working } from './closing.ts';
import type { Report } from './run.ts';

const out = resolve(import.meta.dirname, '../../out/host');

/** Whether a process is there and has not ended. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/su.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Fails unless, of what worked for the window, the run alone goes on. */
export default async function checkClosed(): Promise<void> {
  const { working } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;
  if (!working) return;
  const { run, others } = working;
  const left = (): Working['others'] => others.filter(({ pid }) => lives(pid));
  for (let waited = 0; left().length > 0 && waited < 10_000; waited += 100) await setTimeout(100);
  const goesOn = lives(run);
  const late = left();
  for (const pid of [run, ...late.map((one) => one.pid)]) if (lives(pid)) process.kill(pid, 'SIGKILL');
  const told = `once the window is closed, ${others.length - late.length} of ${others.length} processes that worked for it have ended`;
  if (late.length > 0) throw new Error(`${told}: ${late.map(({ words }) => words).join(', ')} goes on`);
  if (!goesOn) throw new Error(`${told}, and its run, too`);
  console.log(`✓ ${told}, and its run goes on`);
}
