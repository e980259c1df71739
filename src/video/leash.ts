/** A process that ends with this one, however this one ends: nothing that is asked of ffmpeg makes it look whether anybody still waits. */
import { spawn, type ChildProcess } from 'node:child_process';

/** Its standard input ends with whoever holds the other end, as the system sees to. */
const watch = `process.stdin.resume().on('end', () => {
  try { process.kill(Number(process.argv[1]), 'SIGKILL'); } catch {}
})`;

/** Kills the child when this process is no more, by a small process that waits for that, and ends with the child. */
export function leash(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const watcher = spawn(process.execPath, ['-e', watch, `${child.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
    // In desktop VS Code the executable is Electron, which is Node when told so.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  // Without it the child does its work all the same.
  watcher.on('error', () => undefined);
  child.once('exit', () => watcher.kill('SIGKILL'));
}
