// Writes docs/licences.md, what ships under which licence and how large its native code is: npm run licences
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nativeFiles, shippedPackages, targets } from './package.ts';

const root = resolve(import.meta.dirname, '..');
export const licencesFile = join(root, 'docs/licences.md');

/** The document, from package-lock.json and the packages' files. */
export function licencesText(): string {
  const packages = shippedPackages().map((path) => {
    const { name, version, license, licenses } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
      licenses?: { type: string }[];
    };
    return { what: `${name} ${version}`, licence: license ?? licenses?.[0].type ?? 'not said' };
  });
  const byLicence = [...Map.groupBy(packages, ({ licence }) => licence)].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${[
    '# Licences and sizes',
    'Every package that the extension depends on. `npm run licences` writes this document from what is installed. The texts are in each VSIX, in `THIRD-PARTY-NOTICES.txt`.',
    '## Licences',
    table(
      ['licence', 'packages'],
      byLicence.map(([licence, some]) => [licence, [...new Set(some.map(({ what }) => what))].sort().join(', ')]),
    ),
    '## Native code',
    'What a VSIX holds of SQLite and of ONNX Runtime, unpacked. SQLite is there for Linux too in each, because it goes to Ray clusters.',
    table(
      ['platform', 'SQLite, MB', 'ONNX Runtime, MB'],
      targets.map((target) => [
        target,
        ...['better-sqlite3', 'onnxruntime-node'].map((name) => megabytes(target, name)),
      ]),
    ),
    'There is no VSIX for Alpine Linux or for a Mac with an Intel processor: ONNX Runtime has no build for either. On Alpine, a container with Debian runs the one for Linux. On such a Mac, label and review in a window on Linux (Remote - SSH), where the extension and its runs are.',
  ].join('\n\n')}\n`;
}

function megabytes(target: string, name: string): string {
  const files = nativeFiles(name, target).flatMap((file) => {
    const path = join(root, file);
    if (!existsSync(path)) return [];
    return statSync(path).isDirectory() ? globSync(join(path, '*')) : [path];
  });
  return (files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6).toFixed(1);
}

const table = (names: string[], rows: string[][]): string =>
  [
    `| ${names.join(' | ')} |`,
    `|${names.map(() => '---|').join('')}`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');

if (import.meta.main) writeFileSync(licencesFile, licencesText());
