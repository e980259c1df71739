// npm run screenshots: each panel, in each kind of theme, from the packaged extension in a real workbench.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { clickBefore } from './caret.ts';
import { Workbench, type Theme } from './workbench.ts';
import { vsixPath } from '../../scripts/package.ts';
import { needPrograms } from '../../scripts/programs.ts';
import { importSample, makeSample, trainSample } from '../../scripts/sample-project.ts';
import { installExtension } from '../../scripts/vscode/server.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'media/screenshots');
const themes: Theme[] = ['light', 'dark', 'high contrast'];
const steps = 16;
const heaviest = 250_000;
/** Where the side bar's edge is, and where it is dragged for the trees, in pixels. */
const sideBar = { from: 349, to: 634 };

interface Size {
  width: number;
  height: number;
}

/** Each picture: how a person comes to what it shows, and how much of the window it takes. */
const pictures: Record<string, { show: (workbench: Workbench) => Promise<void>; size?: Size }> = {
  review: {
    show: async (workbench) => {
      await workbench.run('Rollout Lab: Next Unlabelled');
      const page = await workbench.webview('reasoning-text .completion');
      while (await page.getByText('vanishing:').isVisible()) {
        await page.locator('prompt-header').getByRole('button', { name: 'next' }).click();
        await workbench.page.waitForTimeout(1000);
      }
      for (const words of ['At 0:00', 'So ']) {
        await clickBefore(page.locator('reasoning-text .completion'), words);
        await workbench.page.keyboard.press('Enter');
      }
      await page.getByRole('link', { name: '0:03' }).first().click();
      await page.locator('time-line image').first().waitFor();
      // Playing paints the frame; beside the picture the pointer covers nothing.
      await workbench.page.mouse.move(540, 640);
      await workbench.page.keyboard.press('Space');
      await workbench.page.waitForTimeout(1000);
      await workbench.page.keyboard.press('k');
    },
  },
  runs: {
    show: async (workbench) => {
      await workbench.run('Rollout Lab: Open Runs');
      const page = await workbench.webview('canvas');
      await page.locator('canvas').first().waitFor();
    },
  },
  trees: {
    show: async (workbench) => {
      await workbench.showContainer();
      const { mouse } = workbench.page;
      await mouse.move(sideBar.from, 600);
      await mouse.down();
      await mouse.move(sideBar.to, 600, { steps: 5 });
      await mouse.up();
      for (const row of ['dataset', 'prompt', 'group'].keys()) {
        await workbench.rows('Rollouts').nth(row).click();
        await workbench.page.waitForTimeout(1000);
      }
    },
    size: { width: 640, height: 720 },
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
  await makeSample(project);
  await importSample(project);
  await trainSample(project, steps);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // As it is: a copy's store would name clips outside of it, which nobody has allowed.
  await using workbench = await Workbench.open({ extensions, folder: project, theme: 'light', alone: true });
  for (const [name, { show, size }] of Object.entries(pictures)) {
    await show(workbench);
    for (const theme of themes) {
      await workbench.theme(theme);
      await workbench.page.waitForTimeout(1500);
      optimise(
        await workbench.screenshot(`${name}-${theme}`, size),
        join(folder, `${name}-${theme.replace(' ', '-')}.png`),
      );
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
