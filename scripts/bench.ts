// npm run bench: Review or the Rollouts table in a real workbench where `review` or `table` is named, a large store where `store` is, else training steps and generation.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const run = (...args: string[]): void => {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
};

const inWorkbench: Record<string, string> = { review: 'test/ui/bench.ts', table: 'test/ui/table-bench.ts' };

if (words[0] in inWorkbench) {
  run('scripts/build.mjs');
  run('scripts/package.ts');
  run(inWorkbench[words[0]], ...words.slice(1));
} else if (words[0] === 'store') {
  run('scripts/build.mjs');
  run('src/bench/store.ts', ...words.slice(1));
} else {
  run('scripts/build.mjs');
  run('dist/bench.cjs', 'bench', ...words);
}
