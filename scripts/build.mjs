// Bundles every entry into dist/: the extension and its processes for Node (CommonJS), the webviews for the browser.
import { existsSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Native packages and the editor's API stay outside the bundles, and what only a study in the checkout needs. */
const external = [
  'vscode',
  'better-sqlite3',
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-node-gpu',
  'vega',
  'vega-lite',
];

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

const present = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));
const shared = { bundle: true, outdir: 'dist', sourcemap: true, logLevel: 'warning', legalComments: 'none' };

rmSync('dist', { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: present(node),
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  external,
  // Its main file is UMD, which no bundler sees through.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
});
await build({
  ...shared,
  entryPoints: present(browser),
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  minify: true,
});
