/** How esbuild bundles what runs in Node: for the build, and for tests of what runs in a thread or a process of its own. */
export const nodeBundle = {
  bundle: true,
  platform: 'node',
  // Of the oldest editor that package.json names.
  target: 'node22',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // Native packages and the editor's API stay outside, and what only a study in the checkout needs.
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
