// Packages the extension for one platform: npm run package [-- --target linux-x64]
// Reads what `npm run build` left in dist/; leaves out/rollout-lab-TARGET.vsix.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { unshipped } from './bundle.mjs';

const root = resolve(import.meta.dirname, '..');
const here = `${process.platform}-${process.arch}`;

/** What stays outside the bundles, because it loads native code: the modules that the bundles load. */
const modules = [
  'better-sqlite3',
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js',
  '@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js',
];
/** What else of their packages is needed: the native code of a platform. */
const natives: Readonly<Record<string, (platform: string, arch: string) => string[]>> = {
  // Those of Linux go to Ray clusters, whatever this machine is.
  'better-sqlite3': (platform, arch) =>
    [`${platform}-${arch}`, 'linux-x64', 'linux-arm64'].map((target) => `prebuilds/${target}.node`),
  // On macOS the library is there under two names, and the addon is linked against the shorter one.
  'onnxruntime-node': (platform, arch) =>
    globSync(`bin/napi-v6/${platform}/${arch}/*`, {
      cwd: join(root, 'node_modules/onnxruntime-node'),
      exclude: ['**/libonnxruntime.*.*.*.dylib'],
    }),
  // This one is compiled on the user's machine, from these sources: see Set Up TensorFlow Backend.
  '@tensorflow/tfjs-node-gpu': () => ['binding'],
  'node-api-headers': () => ['include', 'package.json'],
};
export const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/** Where the package for this machine is, and what it holds, before it is packed. */
export const vsixPath = vsixFor(here);
export const stagePath = stageFor(here);

function stageFor(target: string): string {
  return join(root, 'out/stage', target);
}

function vsixFor(target: string): string {
  return join(root, `out/rollout-lab-${target}.vsix`);
}

/** What of a package with native code goes into the package for a platform, below the root. */
export function nativeFiles(name: string, target: string): string[] {
  const [platform, arch] = target.split('-');
  return natives[name](platform, arch).map((file) => join('node_modules', name, file));
}

/** The folders of all packages that ship, bundled or beside the bundles, below the root. */
export function shippedPackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const shipped = Object.keys(packages).filter((path) => path && !packages[path].dev && !path.includes('node-linux-'));
  return shipped.filter((path) => existsSync(join(root, path)));
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
  scripts?: unknown;
  dependencies?: unknown;
  devDependencies?: unknown;
  optionalDependencies?: unknown;
}

const readManifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Packages the built extension. Returns the VSIX's path. */
export async function packageExtension(target = here): Promise<string> {
  if (!targets.includes(target)) throw new Error(`No package for ${target}; there is one for ${targets.join(', ')}.`);
  const stage = stageFor(target);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const part of [
    'CHANGELOG.md',
    'LICENSE',
    'media',
    'dist',
    'l10n',
    ...globSync('package.nls*.json', { cwd: root }),
  ]) {
    const from = join(root, part);
    if (!existsSync(from)) continue;
    // The study and its report, and the bench, are for readers of the repository.
    const left = ['media/study', extensionPage, ...Object.keys(unshipped).map((name) => `dist/${name}.cjs`)];
    const wanted = (file: string): boolean => !file.endsWith('.map') && !left.includes(relative(root, file));
    cpSync(from, join(stage, part), { recursive: true, filter: wanted });
  }
  const manifest = readManifest(root);
  // The bundles hold the dependencies, and a stage has no scripts to run.
  for (const key of ['scripts', 'dependencies', 'devDependencies', 'optionalDependencies'] as const)
    delete manifest[key];
  writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  cpSync(join(root, extensionPage), join(stage, 'README.md'));
  await copyNatives(target, join(stage, 'dist/node_modules'));
  writeFileSync(join(stage, 'THIRD-PARTY-NOTICES.txt'), notices());
  if (target === here) check(stage);

  const vsix = vsixFor(target);
  const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
  // Without --no-dependencies vsce would ask npm for the stage's packages; dist/node_modules it takes as plain files.
  const flags = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  run(stage, vsce, 'package', ...flags, '--target', target, '--out', vsix);
  return vsix;
}

/** The extension's page, for users of it: without pictures, for the editor shows there those of a public address alone. */
const extensionPage = 'media/extension.md';

/** Copies the native packages with just the JavaScript that they load and the binaries of one platform. */
async function copyNatives(target: string, folder: string): Promise<void> {
  const there = (path: string): boolean => existsSync(join(root, 'node_modules', path));
  const { metafile } = await build({
    entryPoints: modules.filter(there),
    absWorkingDir: root,
    outdir: 'unused',
    write: false,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    metafile: true,
    preserveSymlinks: true,
    external: ['*.node'],
    logLevel: 'error',
  });
  const files = new Set(Object.keys(metafile.inputs).filter((file) => file.startsWith('node_modules/')));
  for (const owner of new Set([...files].map(packageOf))) {
    const facts = globSync(['LICEN[CS]E*', '**/package.json'], { cwd: join(root, owner), exclude: ['node_modules'] });
    for (const file of facts) files.add(join(owner, file));
  }
  for (const name of Object.keys(natives).filter(there)) {
    for (const file of nativeFiles(name, target)) files.add(file);
  }
  for (const file of files) cpSync(join(root, file), join(folder, '..', file), { recursive: true });
}

/** The package folder that a file below node_modules belongs to. */
function packageOf(file: string): string {
  const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  if (!match) throw new Error(`${file} is in no package.`);
  return match[0];
}

/** The licences of everything that ships, in full. */
function notices(): string {
  const parts = shippedPackages()
    .map((path) => join(root, path))
    .map((path) => {
      const { name, version, license } = readManifest(path);
      const [file] = globSync('{LICEN[CS]E,licen[cs]e}*', { cwd: path });
      const text = file && statSync(join(path, file)).isFile() ? readFileSync(join(path, file), 'utf8').trim() : '';
      return `${name} ${version} (${license ?? 'see below'})\n\n${text}`.trim();
    });
  return `${[...new Set(parts)].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** Loads the staged native packages, each in a process of its own, as the packaged extension will. */
function check(stage: string): void {
  const require = createRequire(join(stage, 'dist/check.cjs'));
  const sqlite = require.resolve('better-sqlite3');
  const onnx = require.resolve('onnxruntime-node');
  if (![sqlite, onnx].every((file) => file.startsWith(stage))) throw new Error('The stage lacks a native package.');
  run(stage, '-e', `new (require(${JSON.stringify(sqlite)}))(':memory:').exec('SELECT 1')`);
  run(stage, '-e', `require(${JSON.stringify(onnx)}).Tensor`);
}

function run(cwd: string, ...command: string[]): void {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`node ${command.join(' ')} ended with ${status ?? signal}:\n${stdout}${stderr}`);
}

if (import.meta.main) {
  const { target } = parseArgs({ options: { target: { type: 'string' } } }).values;
  const vsix = await packageExtension(target);
  console.log(`${vsix} (${(statSync(vsix).size / 1e6).toFixed(1)} MB)`);
}
