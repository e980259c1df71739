/** ONNX Runtime's execution providers: what each is called there, and what it needs of the machine. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { env, listSupportedBackends } from 'onnxruntime-node';
import type { BackendName } from '../../domain/backend.ts';
import { BackendUnavailableError } from './backend.ts';

interface Provider {
  /** Its name in a session's options and in `listSupportedBackends`. */
  id: string;
  title: string;
  /** What to do when it does not run. */
  cure: string;
}

export const version = env.versions.node ?? '';

/** Where ONNX Runtime looks for the libraries of providers that its package does not hold. */
const libraryFolder = (): string =>
  resolve(
    createRequire(process.argv[1]).resolve('onnxruntime-node/package.json'),
    '../bin/napi-v6',
    process.platform,
    process.arch,
  );
const cudaLibraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
export const cudaFiles = (): string[] => cudaLibraries.map((file) => join(libraryFolder(), file));

export const providers = {
  onnxruntime: { id: 'cpu', title: 'CPU', cure: '' },
  'onnxruntime-webgpu': {
    id: 'webgpu',
    title: 'WebGPU',
    cure:
      'It needs a GPU with a driver for Vulkan 1.1 (Linux, with the loader libvulkan1), Direct3D 12 (Windows) or Metal (macOS): ' +
      'install or update the driver.',
  },
  'onnxruntime-cuda': {
    id: 'cuda',
    title: 'CUDA',
    cure:
      "It needs NVIDIA's driver, CUDA and cuDNN of the version that its library asks for: “ldd” on " +
      `${cudaLibraries[0]} names what is missing.`,
  },
  'onnxruntime-directml': {
    id: 'dml',
    title: 'DirectML',
    cure: 'It needs a GPU with a driver for Direct3D 12: install or update the driver.',
  },
  'onnxruntime-coreml': { id: 'coreml', title: 'CoreML', cure: 'It needs macOS 12 or newer.' },
} satisfies Partial<Record<BackendName, Provider>>;

export type OnnxName = keyof typeof providers;

/** Why a provider does not run here, with the cure. */
export function unavailable(name: OnnxName, reason: string, cause?: unknown): BackendUnavailableError {
  const { cure } = providers[name];
  return new BackendUnavailableError(`${name} does not run here: ${reason} ${cure}`.trim(), { cause });
}

/** Throws BackendUnavailableError when the files that a provider needs are not there. */
export function needProvider(name: OnnxName): void {
  const { id, title } = providers[name];
  const present = listSupportedBackends().map((backend) => backend.name);
  if (!present.includes(id)) {
    throw new BackendUnavailableError(
      `${name} does not run here: ONNX Runtime has no ${title} for ${process.platform}-${process.arch}. Choose another backend.`,
    );
  }
  if (name !== 'onnxruntime-cuda') return;
  const folder = libraryFolder();
  const missing = cudaLibraries.filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return;
  throw new BackendUnavailableError(
    `${name} is not set up here: ${folder} lacks ${missing.join(' and ')}. Copy ${missing.length > 1 ? 'them' : 'it'} there from ` +
      `ONNX Runtime ${version} for CUDA (folder onnxruntime/capi of the Python package onnxruntime-gpu==${version}).`,
  );
}
