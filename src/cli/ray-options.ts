/** The Ray cluster that a command names, and what of it the command takes. */
import { errorText } from '../domain/error-text.ts';
import { parseRay, rayDefaults } from '../domain/preset.ts';
import { rayFiles, type RayConfig } from '../domain/run.ts';
import { UsageError, type Arguments } from './command.ts';

export const rayOptions = {
  address: { type: 'string' },
  workers: { type: 'string' },
  'gpus-per-worker': { type: 'string' },
  resources: { type: 'string' },
  files: { type: 'string' },
  'media-uri': { type: 'string' },
  storage: { type: 'string' },
} as const;

export const rayUsage = `[--address URL [--workers N] [--gpus-per-worker G] [--resources JSON] [--files ${rayFiles.join('|')}] [--media-uri URI] [--storage DIR]]`;

/** Null where the engine is another one. Throws UsageError that names the option which cannot be. */
export function rayOf(options: Arguments, engine: string | undefined): RayConfig | null {
  if (engine !== 'ray') {
    const stray = Object.keys(rayOptions).find((name) => options.text(name) !== undefined);
    if (stray === undefined) return null;
    throw new UsageError(`--${stray} is of the engine ray alone: add --engine ray, or leave it out`);
  }
  const resources = options.text('resources');
  let named: unknown = {};
  try {
    if (resources !== undefined) named = JSON.parse(resources);
  } catch {
    throw new UsageError(`--resources ${resources} is no JSON: write {"NAME": AMOUNT}`);
  }
  const asked = options.text('storage');
  if (asked !== undefined && !asked.startsWith('/'))
    throw new UsageError(`--storage ${asked} is no absolute path: name a folder that all nodes of the cluster see`);
  const { workers, gpusPerWorker, files, mediaUri, storage } = rayDefaults;
  const ray = {
    address: options.required('address'),
    workers: options.integer('workers') ?? workers,
    gpusPerWorker: options.number('gpus-per-worker') ?? gpusPerWorker,
    resources: named as Record<string, number>,
    files: options.oneOf('files', rayFiles) ?? files,
    mediaUri: options.text('media-uri') ?? mediaUri,
    storage: asked ?? storage,
  };
  try {
    return parseRay(ray);
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}
