// The policy service's checks and tests, in a venv of its own in .cache: ruff, mypy, pytest. The counts go to out/python.json.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const sources = ['src/cluster/policy', 'test/python'];
const config = 'src/cluster/pyproject.toml';
const requirements = ['src/cluster/policy/requirements.txt', 'src/cluster/requirements-dev.txt'].map((file) =>
  join(root, file),
);
const report = join(root, 'out/python.xml');

const python = venv();
run(python, '-m', 'ruff', 'check', '--config', config, ...sources);
run(python, '-m', 'ruff', 'format', '--check', '--config', config, ...sources);
run(python, '-m', 'mypy', '--config-file', config, ...sources);
rmSync(report, { force: true });
// Failed tests are told by the counts.
spawn(python, '-m', 'pytest', '--quiet', '-c', config, '--rootdir', '.', `--junitxml=${report}`, 'test/python');
const suite = /<testsuite [^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '';
const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1]);
const failed = count('failures') + count('errors') + count('skipped');
writeFileSync(join(root, 'out/python.json'), JSON.stringify({ passed: count('tests') - failed, failed }));

/** The Python of the venv that holds what is required, which is made where there is none for these lists. */
function venv(): string {
  const version = spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout;
  const key = createHash('sha256').update(version);
  for (const file of requirements) key.update(readFileSync(file));
  const folder = join(root, '.cache', `python-${key.digest('hex').slice(0, 12)}`);
  const program = join(folder, 'bin/python');
  const whole = join(folder, 'whole');
  if (existsSync(whole)) return program;
  rmSync(folder, { recursive: true, force: true });
  // Without a pip of its own, which Debian has in another package: the one beside python3 installs into it.
  run('python3', '-m', 'venv', '--without-pip', folder);
  run('python3', '-m', 'pip', '--python', program, 'install', '--quiet', '-r', requirements[1]);
  writeFileSync(whole, '');
  return program;
}

function run(program: string, ...words: string[]): void {
  const status = spawn(program, ...words);
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}.`);
}

function spawn(program: string, ...words: string[]): number | null {
  mkdirSync(join(root, 'out'), { recursive: true });
  // Two cores are enough for tiny models, and tests must not depend on how many there are.
  const env = { ...process.env, OMP_NUM_THREADS: '2' };
  return spawnSync(program, words, { cwd: root, env, stdio: 'inherit' }).status;
}
