// node scripts/build-tensorflow-addon.mjs FOLDER [PYTHON]: copies @tensorflow/tfjs-node-gpu to FOLDER and builds its native addon
// against the TensorFlow that PYTHON (python3) imports: the package's own download is TensorFlow 2.9 with CUDA 11.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const [folder, python = 'python3'] = process.argv.slice(2);
if (!folder) stop('usage: node scripts/build-tensorflow-addon.mjs FOLDER [PYTHON]');
const target = resolve(folder);

const find =
  'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.submodule_search_locations[0] if s else "")';
const tensorflow = execFileSync(python, ['-c', find], { encoding: 'utf8' }).trim();
if (!tensorflow) stop(`${python} has no TensorFlow. Run "${python} -m pip install tensorflow" first.`);

const headers = [process.env.npm_config_nodedir, dirname(dirname(process.execPath))]
  .filter(Boolean)
  .map((root) => join(root, 'include/node'))
  .find((path) => existsSync(join(path, 'node_api.h')));
if (!headers) stop("Node's headers (node_api.h) were not found. Set npm_config_nodedir to a Node with include/node.");

const installed = resolve(import.meta.dirname, '../node_modules/@tensorflow/tfjs-node-gpu');
rmSync(target, { recursive: true, force: true });
cpSync(installed, target, { recursive: true, filter: (path) => path !== join(installed, 'node_modules') });
// The copy finds the package's dependencies where the checkout has them.
symlinkSync(realpathSync(resolve(installed, '../..')), join(target, 'node_modules'));

mkdirSync(join(target, 'deps/lib'), { recursive: true });
mkdirSync(join(target, 'lib/napi-v8'), { recursive: true });
symlinkSync(join(tensorflow, 'include'), join(target, 'deps/include'));
for (const [name, library] of [
  ['libtensorflow.so', 'libtensorflow_cc.so.2'],
  ['libtensorflow_cc.so.2', 'libtensorflow_cc.so.2'],
  ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
  ['libtensorflow_framework.so.2', 'libtensorflow_framework.so.2'],
]) {
  symlinkSync(join(tensorflow, library), join(target, 'deps/lib', name));
}
const include = ['.', './node_modules', 'deps/include', headers].map((path) => `-I${path}`);
const defines = ['NAPI_VERSION=8', 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'];
execFileSync(
  'g++',
  [
    ...['-O2', '-fPIC', '-shared', '-std=c++17', ...defines.map((define) => `-D${define}`), ...include],
    ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-o', 'lib/napi-v8/tfjs_binding.node'],
    ...['-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
  ],
  { cwd: target, stdio: 'inherit' },
);
console.log(`Built. Set ROLLOUT_LAB_TENSORFLOW=${target} to use it.`);

function stop(message) {
  console.error(message);
  process.exit(2);
}
