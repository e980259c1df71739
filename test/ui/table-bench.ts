// npm run bench -- table [ROLLOUTS]: how soon the Rollouts table shows what is asked for, and how evenly it scrolls.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../scripts/package.ts';
import { needPrograms } from '../../scripts/programs.ts';
import { installExtension } from '../../scripts/vscode/server.ts';
import type { Prompt, Rollout } from '../../src/domain/rollout.ts';
import { Store } from '../../src/store/store.ts';
import { mainThread } from './main-thread.ts';
import { storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

const count = Number(process.argv[2] ?? 100_000);
const completions = 8;
const frames = 300;
const rounds = 5;

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const share = (values: readonly number[], part: number): number => sorted(values)[Math.floor(values.length * part)];

/** Prompts with eight completions each, of 100 to 400 words, half of them right. */
function fill(folder: string): void {
  const store = Store.open(storeOf(folder));
  const prompts = Math.ceil(count / completions);
  for (let first = 0; first < prompts; first += 125) {
    const batch = Array.from({ length: Math.min(125, prompts - first) }, (_, i): Prompt => {
      const plain = { options: [], answer: 'B', problemType: 'exact', video: null, audio: null, hint: null } as const;
      const id = `p${first + i}`;
      return {
        ...plain,
        id,
        dataset: 'bench',
        question: `What is in clip ${id}?`,
        options: [],
        split: 'train',
        stage: null,
      };
    });
    const rollouts = batch.flatMap((prompt, i) =>
      Array.from({ length: completions }, (_, place): Rollout => {
        const n = (first + i) * completions + place;
        const words = Array.from({ length: 100 + ((n * 37) % 300) }, (_, word) => `w${(word * 7 + n) % 400}`);
        const accuracy = (n * 7919) % 2;
        return {
          ...{ id: `r${n}`, promptId: prompt.id, groupId: `g${prompt.id}`, runId: null, policy: 'p', policyVersion: 0 },
          ...{ completion: words.join(' '), rewards: { accuracy, format: 1 }, reward: accuracy + 0.5, advantage: null },
          tokens: { ids: new Int32Array(words.length), offsets: null, logProbs: null, tokenizer: null },
          ...{ hinted: false, source: 'import:bench', createdAt: '2026-01-01T00:00:00.000Z' },
        };
      }),
    );
    store.addRollouts(batch, rollouts);
  }
  store.close();
}

/** Milliseconds from a click on a ready-made filter until its first rows are drawn, and until all are counted. */
function filterTime(page: Frame, name: string): Promise<{ drawn: number; counted: number }> {
  return page.evaluate(async (name) => {
    const app = document.querySelector('table-app')!.shadowRoot!;
    const button = [...app.querySelectorAll<HTMLElement>('.ready-made button')].find((one) => one.innerText === name)!;
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    const start = performance.now();
    button.click();
    await frame();
    const status = (): string => app.querySelector('.bar [role="status"]')!.textContent;
    const row = (): Element | null => app.querySelector('rollout-grid')!.shadowRoot!.querySelector('.row .number');
    while (status().startsWith('Looking') || !row()) await frame();
    const drawn = performance.now() - start;
    while (status().startsWith('Counting')) await frame();
    return { drawn, counted: performance.now() - start };
  }, name);
}

/** Milliseconds from each frame to the next while the rows are scrolled, by half a page a frame; and of its work, from its start until it is laid out. */
function scrollTimes(page: Frame): Promise<{ frame: number; work: number }[]> {
  return page.evaluate(async (frames) => {
    const grid = document.querySelector('table-app')!.shadowRoot!.querySelector('rollout-grid')!;
    const scrolled = grid.shadowRoot!.querySelector('[role="grid"]')!;
    const { port1, port2 } = new MessageChannel();
    const afterFrame = (): Promise<{ at: number; work: number }> =>
      new Promise((resolve) =>
        requestAnimationFrame((at) => {
          port1.onmessage = () => resolve({ at, work: performance.now() - at });
          port2.postMessage(null);
        }),
      );
    const times: { frame: number; work: number }[] = [];
    for (let last = await afterFrame(); times.length < frames;) {
      scrolled.scrollTop += scrolled.clientHeight / 2;
      const now = await afterFrame();
      times.push({ frame: now.at - last.at, work: now.work });
      last = now;
    }
    return times;
  }, frames);
}

needPrograms(['chromium']);
const home = mkdtempSync(join(tmpdir(), 'lab-bench-home-'));
const folder = mkdtempSync(join(tmpdir(), 'lab-bench-'));
try {
  fill(folder);
  const extensions = join(home, 'extensions');
  installExtension(vsixPath, { home, extensions });
  await using workbench = await Workbench.open({ extensions, from: folder, alone: true });
  await workbench.showContainer();
  await workbench.rows('Rollouts').first().waitFor();
  const start = performance.now();
  await workbench.run('Rollout Lab: Open Rollouts Table');
  const page = await workbench.webview('rollout-grid .row .number', 120_000);
  const first = performance.now() - start;
  const own = await page.evaluate(() => performance.now());
  const filters: Awaited<ReturnType<typeof filterTime>>[] = [];
  for (let round = 0; round < rounds; round += 1)
    for (const name of ['shortest wrong', 'pass rate 20 to 80 %']) filters.push(await filterTime(page, name));
  await filterTime(page, 'all');
  const scrolls = await scrollTimes(page);
  // Once more, for being traced takes time.
  const traced = await mainThread(page, async () => void (await scrollTimes(page)));
  console.log(`${count} rollouts`);
  console.log(`palette to first rows: ${first.toFixed(0)} ms, of which the page had ${own.toFixed(0)} ms`);
  for (const [what, times] of [
    ['first rows', filters.map(({ drawn }) => drawn)],
    ['counted', filters.map(({ counted }) => counted)],
  ] as const)
    console.log(
      `filter and sort, ${what}, median: ${share(times, 0.5).toFixed(0)} ms, worst ${share(times, 0.99).toFixed(0)} ms`,
    );
  for (const [what, times] of [
    ['from one to the next', scrolls.map(({ frame }) => frame)],
    ['its work', scrolls.map(({ work }) => work)],
  ] as const)
    console.log(
      `frame while scrolling, ${what}, median: ${share(times, 0.5).toFixed(1)} ms, p99 ${share(times, 0.99).toFixed(1)} ms`,
    );
  const shares = Object.entries(traced).map(([what, ms]) => `${what} ${(ms / frames).toFixed(2)}`);
  console.log(`processor's time of a frame while scrolling, ms: ${shares.join(', ')}`);
  console.log(`waiting for the processors: ${loadavg()[0].toFixed(1)} processes`);
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}
