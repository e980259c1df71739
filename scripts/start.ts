// npm start [-- --no-editor]: from a fresh checkout to a real VS Code on the sample project, with a first run behind it.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageExtension } from './package.ts';
import { findProgram, needPrograms } from './programs.ts';
import { evaluateSample, hasRun, importSample, makeSample, trainSample } from './sample-project.ts';
import { installExtension, startEditor } from './vscode/server.ts';

const root = resolve(import.meta.dirname, '..');
/** The sample project as a workspace of the user's own: their labels and runs stay in it, so it is made only once. */
const workspace = join(root, 'rollout-lab-sample');
const steps = 12;

const { values } = parseArgs({ options: { 'no-editor': { type: 'boolean', default: false } } });
try {
  needPrograms(['ffmpeg']);
  step('Building');
  must('npm', 'run', '--silent', 'build');
  step('Packaging');
  const vsix = await packageExtension();
  console.log(relative(root, vsix));
  if (!existsSync(workspace)) {
    step('Making the sample project');
    makeSample(workspace);
  }
  step('Importing its rollouts');
  importSample(workspace);
  if (!hasRun(workspace)) {
    step('Training: a first short off-policy run');
    trainSample(workspace, steps);
  }
  step('Evaluating: the test split before and after that run');
  evaluateSample(workspace);
  if (!values['no-editor']) await openEditor(vsix);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

function step(what: string): void {
  console.log(`\n── ${what}`);
}

/** Runs a command in the open; throws when it fails. */
function must(program: string, ...words: string[]): void {
  const { status, signal } = spawnSync(program, words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status ?? signal}.`);
}

/** Desktop VS Code when its command is there; else a served one, until Ctrl-C. */
async function openEditor(vsix: string): Promise<void> {
  const desktop = findProgram('code');
  if (desktop) {
    step('Opening VS Code');
    must(desktop, '--install-extension', vsix, '--force');
    must(desktop, workspace);
    return;
  }
  step('Starting VS Code in the browser');
  const home = join(root, '.cache/editor');
  const password = randomBytes(12).toString('base64url');
  installExtension(vsix, { home });
  const editor = await startEditor({ home, password });
  console.log(`\n  ${editor.url}/?folder=${encodeURIComponent(workspace)}\n  password: ${password}\n\nCtrl-C ends it.`);
  await editor.ended;
}
