// npm start [-- --no-editor]: from a fresh checkout to a real VS Code on the sample project, where a first run goes on while a person looks.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageExtension } from './package.ts';
import { findProgram, needPrograms } from './programs.ts';
import { evaluateSample, hasRun, importSample, makeSample, trainSample, welcomeTo } from './sample-project.ts';
import { installExtension, startEditor, type Editor } from './vscode/server.ts';

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
  const isNew = !existsSync(workspace);
  if (isNew) {
    step('Making the sample project');
    await makeSample(workspace);
  }
  step('Importing its rollouts');
  await importSample(workspace);
  if (isNew) welcomeTo(workspace);
  const editor = values['no-editor'] ? null : await openEditor(vsix);
  // What fails here takes no editor from the person who looks.
  await trainFirst().catch(fail);
  if (editor) console.log('\nCtrl-C ends the editor.');
  await editor?.ended;
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function trainFirst(): Promise<void> {
  if (!hasRun(workspace)) {
    step('Training: a first short off-policy run');
    await trainSample(workspace, steps);
  }
  step('Evaluating: the test split before and after that run');
  await evaluateSample(workspace);
}

function step(what: string): void {
  console.log(`\n── ${what}`);
}

/** Runs a command in the open; throws when it fails. */
function must(program: string, ...words: string[]): void {
  const { status, signal } = spawnSync(program, words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status ?? signal}.`);
}

/** Desktop VS Code when its command is there; else a served one, which is returned. */
async function openEditor(vsix: string): Promise<Editor | null> {
  const desktop = findProgram('code');
  if (desktop) {
    step('Opening VS Code');
    must(desktop, '--install-extension', vsix, '--force');
    must(desktop, workspace);
    return null;
  }
  step('Starting VS Code in the browser');
  const home = join(root, '.cache/editor');
  const password = randomBytes(12).toString('base64url');
  installExtension(vsix, { home });
  const editor = await startEditor({ home, password });
  console.log(`\n  ${editor.url}/?folder=${encodeURIComponent(workspace)}\n  password: ${password}`);
  return editor;
}
