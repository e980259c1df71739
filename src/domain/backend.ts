/** What can compute a run's tensors. */
import { t } from '@vscode/l10n';

interface BackendFacts {
  name: string;
  /** What it is, in a line: the setting and the form say it. */
  text: string;
  /** Where its library has a build (onnxruntime-node 1.30; TensorFlow's C library comes with its wheels for Linux). */
  builds: readonly string[] | 'all';
}

/**
 * ONNX Runtime on the CPU, its execution providers, each a backend of its own, and TensorFlow: the default first.
 * `src/training/backends/` opens each by its name.
 */
const backends = [
  { name: 'onnxruntime', text: t('ONNX Runtime on the CPU, embedded.'), builds: 'all' },
  {
    name: 'onnxruntime-webgpu',
    text: t('ONNX Runtime on a GPU through WebGPU.'),
    builds: ['linux-x64', 'win32-x64', 'win32-arm64', 'darwin-arm64'],
  },
  {
    name: 'onnxruntime-cuda',
    text: t('ONNX Runtime on an NVIDIA GPU (Linux); “rollout-lab doctor” says what it needs.'),
    builds: ['linux-x64'],
  },
  {
    name: 'onnxruntime-directml',
    text: t('ONNX Runtime on a GPU through DirectML (Windows).'),
    builds: ['win32-x64', 'win32-arm64'],
  },
  { name: 'onnxruntime-coreml', text: t('ONNX Runtime through CoreML (macOS).'), builds: ['darwin-arm64'] },
  {
    name: 'tensorflow',
    text: t("TensorFlow's kernels, on CUDA where your TensorFlow has it (Linux). Run Set Up TensorFlow Backend first."),
    builds: ['linux-x64', 'linux-arm64'],
  },
] as const satisfies readonly BackendFacts[];

export type BackendName = (typeof backends)[number]['name'];
export const backendNames: readonly BackendName[] = backends.map(({ name }) => name);

/** What a run may ask for: `auto` takes the fastest of the machine. */
export type BackendChoice = 'auto' | BackendName;
export const backendChoices: readonly BackendChoice[] = ['auto', ...backendNames];

/** What each choice is, in a line. */
export const backendTexts = new Map<BackendChoice, string>([
  ['auto', t('Times the backends of this machine on a gradient step of the run and takes the fastest.')],
  ...backends.map(({ name, text }) => [name, text] as const),
]);

/** The backends that can be set up on a machine of this kind, the default first; its driver or library may still be missing. */
export function backendsOf(platform: string, arch: string): BackendName[] {
  const here = `${platform}-${arch}`;
  const there = backends.filter(({ builds }: BackendFacts) => builds === 'all' || builds.includes(here));
  return there.map(({ name }) => name);
}
