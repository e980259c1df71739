// Bundles every entry into dist/: the extension and its processes for Node (CommonJS), the webviews for the browser.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';
import { nodeBundle } from './bundle.mjs';

const node = {
  extension: 'src/extension.ts',
  'store-worker': 'src/store/worker.ts',
  'import-worker': 'src/formats/worker.ts',
  'export-worker': 'src/formats/export-worker.ts',
  'suggest-worker': 'src/training/suggestions/worker.ts',
  training: 'src/training/main.ts',
  cli: 'src/cli/main.ts',
};
const browser = {
  review: 'webview/review/main.ts',
  runs: 'webview/runs/main.ts',
  agreement: 'webview/agreement/main.ts',
};

const shared = { outdir: 'dist', sourcemap: true, logLevel: 'warning', legalComments: 'none' };

rmSync('dist', { recursive: true, force: true });
await build({ ...nodeBundle, ...shared, entryPoints: node });
await build({
  ...shared,
  bundle: true,
  entryPoints: browser,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  minify: true,
});
