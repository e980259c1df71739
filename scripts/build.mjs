// Bundles every entry into dist/: the extension and its processes for Node (CommonJS), the webviews for the browser. Beside them, the
// policy service, and what exports write for trainers.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { nodeBundle, shipped, unshipped } from './bundle.mjs';
import { copyService, copyTrainers } from './service.mjs';

const browser = {
  review: 'webview/review/main.ts',
  runs: 'webview/runs/main.ts',
  agreement: 'webview/agreement/main.ts',
  evaluation: 'webview/evaluation/main.ts',
  table: 'webview/table/main.ts',
  preview: 'webview/preview/main.ts',
};

const shared = { outdir: 'dist', sourcemap: true, logLevel: 'warning', legalComments: 'none' };

rmSync('dist', { recursive: true, force: true });
await build({ ...nodeBundle, ...shared, entryPoints: { ...shipped, ...unshipped } });
await build({
  ...shared,
  bundle: true,
  entryPoints: browser,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  minify: true,
});
copyService('dist');
copyTrainers('dist');
