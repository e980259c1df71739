// Tests that have more to say the longer they run. npm run fuzz: every reader, fed damaged files. npm run soak: processes killed while
// they write, a store in use, and (--host) the extension in use; without files, that alone. Each takes [-- --times 20 --seed 1]: so many times what npm test does, from a seed.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '20' },
    host: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const [times, seed] = [Number(values.times), Number(values.seed)];
if (!Number.isInteger(times) || times < 1 || !Number.isInteger(seed))
  throw new Error('--times and --seed are whole numbers, and --times 1 or more');
console.log(`--times ${times} --seed ${seed}`);
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const runs = files.length > 0 ? [[vitest, 'run', ...files, `--testTimeout=${300_000 * times}`]] : [];
if (values.host) runs.push([join(root, 'test/host/run.ts')]);
for (const words of runs) {
  const { status } = spawnSync(process.execPath, words, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TEST_TIMES: String(times), TEST_SEED: String(seed) },
  });
  if (status !== 0) process.exitCode = status ?? 1;
}
