/** The manifest with its texts. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const read = <Document>(file: string): Document => JSON.parse(readFileSync(join(root, file), 'utf8')) as Document;

/** The texts of the manifest in English, by their keys. */
export const manifestTexts = (): Record<string, string> => read('package.nls.json');

/** package.json as it is written, with %KEY% for texts. */
export const writtenManifest = <Manifest>(): Manifest => read('package.json');

/** package.json as the editor in English reads it. Throws for a key that package.nls.json does not have. */
export function readManifest<Manifest>(): Manifest {
  const texts = manifestTexts();
  const filled = JSON.stringify(writtenManifest(), (_, value: unknown) => {
    const key = typeof value === 'string' ? /^%(.+)%$/u.exec(value)?.[1] : undefined;
    if (key !== undefined && !(key in texts))
      throw new Error(`package.nls.json lacks ${key}, which package.json names.`);
    return key === undefined ? value : texts[key];
  });
  return JSON.parse(filled) as Manifest;
}
