// npm run screenshots: each panel, in each kind of theme, from the packaged extension in a real workbench.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Workbench, type Theme } from '../test/ui/workbench.ts';
import { vsixPath } from './package.ts';
import { needPrograms } from './programs.ts';
import { importSample, makeSample, trainSample } from './sample-project.ts';
import { installExtension } from './vscode/server.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'media/screenshots');
const themes: Theme[] = ['light', 'dark', 'high contrast'];
const steps = 24;
const heaviest = 250_000;

/** Each picture, and how a person comes to what it shows. */
const pictures: Record<string, (workbench: Workbench) => Promise<void>> = {
  trees: async (workbench) => {
    await workbench.showContainer();
    const rows = workbench.rows('Rollouts');
    await rows.first().waitFor();
    for (const index of [0, 1]) {
      await rows.nth(index).click();
      await workbench.page.keyboard.press('ArrowRight');
      await workbench.page.waitForTimeout(1000);
    }
  },
  review: async (workbench) => {
    await workbench.run('Rollout Lab: Next Unlabelled');
    const page = await workbench.webview('reasoning-text .completion');
    await page.locator('time-line img').waitFor();
    await page.locator('video').waitFor();
  },
  runs: async (workbench) => {
    await workbench.run('Rollout Lab: Open Runs');
    const page = await workbench.webview('canvas');
    await page.locator('canvas').first().waitFor();
  },
};

/** Makes a picture small with a palette of its own: panels have few colours. */
function optimise(from: string, to: string): void {
  const palette = 'split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=none';
  const words = ['-v', 'error', '-y', '-i', from, '-vf', palette, '-compression_level', '9', '-pred', 'mixed', to];
  const { status, stderr } = spawnSync('ffmpeg', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg cannot make ${to}:\n${stderr}`);
  const { size } = statSync(to);
  console.log(`${relative(root, to)} ${Math.ceil(size / 1000)} kB`);
  if (size > heaviest) throw new Error(`${relative(root, to)} is larger than ${heaviest / 1000} kB.`);
}

needPrograms(['ffmpeg', 'chromium']);
const home = mkdtempSync(join(tmpdir(), 'lab-screenshots-'));
try {
  const extensions = join(home, 'extensions');
  installExtension(vsixPath, { home, extensions });
  const project = join(home, 'rollout-lab-sample');
  makeSample(project);
  importSample(project);
  trainSample(project, steps);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, show] of Object.entries(pictures)) {
    await using workbench = await Workbench.open({ extensions, from: project, theme: 'light' });
    await show(workbench);
    for (const theme of themes) {
      await workbench.theme(theme);
      await workbench.page.waitForTimeout(1500);
      optimise(await workbench.screenshot(`${name}-${theme}`), join(folder, `${name}-${theme.replace(' ', '-')}.png`));
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
