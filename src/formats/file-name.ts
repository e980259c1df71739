/** What a file's name says of it, before anything is read. */
import { basename, dirname, extname } from 'node:path';
import { formats } from './detect.ts';
import { endingOf, endings } from './ending.ts';
import { unpackedName } from './utf8.ts';

const othersEndings = formats.flatMap(({ ending }) => (ending?.isOthers ? [ending.name as string] : []));

/** Whether the name alone says that it was meant to be read. */
export const isMeant = (file: string): boolean =>
  endings.some((one) => one === endingOf(file)) && !othersEndings.includes(endingOf(file));

/** Whether it holds labels, by the names under which they are written. */
export const holdsLabels = (file: string): boolean =>
  formats.some(({ labels }) => labels?.test(unpackedName(file)) === true);

/** The dataset that a file's prompts are of where they say none: its name, else that of a folder above it. */
export function datasetOf(file: string): string {
  const unpacked = unpackedName(file);
  const name = basename(unpacked, extname(unpacked)).replace(/\.rollouts$/u, '');
  if (!formats.some(({ writtenAs }) => writtenAs?.test(name))) return name;
  const folder = basename(dirname(file));
  return /^(?:completions|data)$/u.test(folder) ? basename(dirname(dirname(file))) : folder;
}
