/** What can compute a run's tensors. */

/** ONNX Runtime on the CPU, its execution providers, each a backend of its own, and TensorFlow. */
export const backendNames = [
  'onnxruntime',
  'onnxruntime-webgpu',
  'onnxruntime-cuda',
  'onnxruntime-directml',
  'onnxruntime-coreml',
  'tensorflow',
] as const;
export type BackendName = (typeof backendNames)[number];

/** What each is, in a line: the setting and the form say it. */
export const backendTexts: Readonly<Record<BackendChoice, string>> = {
  auto: 'Times the backends of this machine on a gradient step of the run and takes the fastest.',
  onnxruntime: 'ONNX Runtime on the CPU, embedded.',
  'onnxruntime-webgpu': 'ONNX Runtime on a GPU through WebGPU.',
  'onnxruntime-cuda': 'ONNX Runtime on an NVIDIA GPU (Linux); “rollout-lab doctor” says what it needs.',
  'onnxruntime-directml': 'ONNX Runtime on a GPU through DirectML (Windows).',
  'onnxruntime-coreml': 'ONNX Runtime through CoreML (macOS).',
  tensorflow:
    "TensorFlow's kernels, on CUDA where your TensorFlow has it (Linux). Run Set Up TensorFlow Backend first.",
};

/** What a run may ask for: `auto` takes the fastest of the machine. */
export const backendChoices = ['auto', ...backendNames] as const;
export type BackendChoice = (typeof backendChoices)[number];

/** Where each backend's library has a build (onnxruntime-node 1.30; TensorFlow's C library comes with its wheels for Linux). */
const builds: Readonly<Record<BackendName, readonly string[] | 'all'>> = {
  onnxruntime: 'all',
  'onnxruntime-webgpu': ['linux-x64', 'win32-x64', 'win32-arm64', 'darwin-arm64'],
  'onnxruntime-cuda': ['linux-x64'],
  'onnxruntime-directml': ['win32-x64', 'win32-arm64'],
  'onnxruntime-coreml': ['darwin-arm64'],
  tensorflow: ['linux-x64', 'linux-arm64'],
};

/** The backends that can be set up on a machine of this kind, the default first; its driver or library may still be missing. */
export function backendsOf(platform: string, arch: string): BackendName[] {
  return backendNames.filter((name) => builds[name] === 'all' || builds[name].includes(`${platform}-${arch}`));
}
