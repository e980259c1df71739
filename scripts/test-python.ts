// Checks and tests of the policy service, and of what exports write for trainers: ruff, mypy, pytest. The counts go to out/python.json.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { venvPython } from './python-venv.ts';

const root = resolve(import.meta.dirname, '..');
const sources = ['src/cluster/policy', 'src/cluster/rollout_lab_job', 'src/formats/trainers', 'test/python'];
const config = 'src/cluster/pyproject.toml';
const report = join(root, 'out/python.xml');

run('-m', 'ruff', 'check', '--config', config, ...sources);
run('-m', 'ruff', 'format', '--check', '--config', config, ...sources);
run('-m', 'mypy', '--config-file', config, ...sources);
rmSync(report, { force: true });
// Failed tests are told by the counts.
spawn('-m', 'pytest', '--quiet', '-c', config, '--rootdir', '.', `--junitxml=${report}`, 'test/python');
const suite = /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '';
const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1]);
const failed = count('failures') + count('errors') + count('skipped');
writeFileSync(join(root, 'out/python.json'), JSON.stringify({ passed: count('tests') - failed, failed }));

function run(...words: string[]): void {
  const status = spawn(...words);
  if (status !== 0) throw new Error(`python ${words.join(' ')} ended with ${status}.`);
}

function spawn(...words: string[]): number | null {
  mkdirSync(join(root, 'out'), { recursive: true });
  // Two cores are enough for tiny models, and tests must not depend on how many there are.
  const env = { ...process.env, OMP_NUM_THREADS: '2' };
  return spawnSync(venvPython, words, { cwd: root, env, stdio: 'inherit' }).status;
}
