/** What ships: the extension, its workers and processes, and the command line. */
export const shipped = {
  extension: 'src/extension.ts',
  'store-worker': 'src/store/worker.ts',
  'care-worker': 'src/store/care-worker.ts',
  'import-worker': 'src/formats/worker.ts',
  'preview-worker': 'src/formats/preview-worker.ts',
  'export-worker': 'src/formats/export-worker.ts',
  'suggest-worker': 'src/training/suggestions/worker.ts',
  'score-worker': 'src/training/evaluation/worker.ts',
  'agent-worker': 'src/agents/worker.ts',
  training: 'src/training/main.ts',
  cli: 'src/cli/main.ts',
};

/** What is run from the checkout alone. */
export const unshipped = { study: 'src/study/main.ts', bench: 'src/bench/main.ts' };

/** How esbuild bundles what runs in Node: for the build, and for tests of what runs in a thread or a process of its own. */
export const nodeBundle = {
  bundle: true,
  platform: 'node',
  // Of the oldest editor that package.json names.
  target: 'node22',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // Native packages and the editor's API stay outside, and what only the study needs.
  external: [
    'vscode',
    'better-sqlite3',
    'onnxruntime-node',
    '@tensorflow/tfjs',
    '@tensorflow/tfjs-node-gpu',
    'vega',
    'vega-lite',
  ],
  // Its main file is UMD, which no bundler sees through.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};
