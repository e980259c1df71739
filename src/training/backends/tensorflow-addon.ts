/** The native half of @tensorflow/tfjs-node-gpu, compiled on this machine against its own TensorFlow: where it lies. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { dataFolder } from '../../store/folders.ts';

/** In a data folder: the addon with its record, and the TensorFlow that was downloaded for it, if one was. */
export const addonFolder = (data = dataFolder()): string => join(data, 'tensorflow');
export const libraryFolder = (data = dataFolder()): string => join(data, 'tensorflow-library');

export const addonFile = 'tfjs_binding.node';
export const recordFile = 'addon.json';

const recordSchema = v.object({
  /** Version of the package that it was compiled from. */
  package: v.string(),
  /** Folder of the TensorFlow that it loads. */
  library: v.string(),
});
export type AddonRecord = v.InferOutput<typeof recordSchema>;

/** The addon that was set up on this machine, or null. Throws when its record cannot be read. */
export function findAddon(): (AddonRecord & { file: string }) | null {
  const folder = addonFolder();
  const file = join(folder, recordFile);
  if (!existsSync(file)) return null;
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), readFileSync(file, 'utf8'));
  if (!record.success) throw new Error(`${file} is damaged. ${setUpAgain}`);
  return { ...record.output, file: join(folder, addonFile) };
}

export const setUp = 'Run “rollout-lab setup tensorflow”, or Set Up TensorFlow Backend in the editor.';
export const setUpAgain = `Set it up again: ${setUp[0].toLowerCase()}${setUp.slice(1)}`;
