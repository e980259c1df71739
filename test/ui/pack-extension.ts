import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Packs a test's own extension, which is the folder of this name, and returns the VSIX, in `home`. */
export async function packExtension(name: string, home: string): Promise<string> {
  const [source, folder] = [join(import.meta.dirname, name), join(home, name)];
  mkdirSync(folder);
  copyFileSync(join(source, 'package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: [join(source, 'extension.ts')],
    outfile: join(folder, 'extension.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
  const vsix = join(home, `${name}.vsix`);
  const vsce = resolve(import.meta.dirname, '../../node_modules/@vscode/vsce/vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license'];
  const { status, stderr } = spawnSync(process.execPath, [vsce, 'package', ...flags, '--out', vsix], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return vsix;
}
