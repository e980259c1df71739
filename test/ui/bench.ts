// npm run bench -- review [ROUNDS]: how soon a reviewer sees what they did, each beside a plain way to do the same, in turns.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../scripts/package.ts';
import { needPrograms } from '../../scripts/programs.ts';
import { launchBrowser } from '../../scripts/vscode/browser.ts';
import { installExtension } from '../../scripts/vscode/server.ts';
import { Store } from '../../src/store/store.ts';
import { rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

const rounds = Number(process.argv[2] ?? 5);
const tokens = 5000;
const commits = 400;

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1];
const p99 = (values: readonly number[]): number => sorted(values)[Math.floor(values.length * 0.99)];

/** Prompts with a clip each, one more than rounds, and a long completion, whose tokens are its words. Returns the folder. */
function makeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-bench-'));
  const clips = Array.from({ length: rounds + 1 }, (_, n) => `clip${n}.mp4`);
  const words = Array.from({ length: tokens }, (_, i) => (i % 12 === 11 ? `second${i}.` : `word${i}`));
  const completion = words.join(' ');
  const offsets = [...completion.matchAll(/\s*\S+/gu)].map(({ index }) => index);
  const lines = clips.map((video, n) => ({
    format: 'rollout-lab/1',
    prompt: { dataset: 'bench', question: `What is in clip ${n}?`, video },
    rollout: { policy: 'p', policyVersion: 0, completion, tokens: { ids: offsets.map((_, i) => i), offsets } },
  }));
  const dump = join(folder, 'bench.rollouts.jsonl');
  writeFileSync(dump, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  rolloutLab('import', dump, '--db', storeOf(folder));
  // After the import, so that the store keeps their paths as they are and they hold in the copy that a workbench opens.
  const clip = join(folder, 'clip.mp4');
  const source = ['-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=25:duration=20'];
  execFileSync('ffmpeg', ['-v', 'error', ...source, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-g', '25', clip]);
  for (const name of clips) copyFileSync(clip, join(folder, name));
  return folder;
}

/** Milliseconds of each label's save, on the disk with full synchronisation, and of as many bytes appended and synchronised. */
function measureCommits(folder: string): { ours: number[]; peer: number[] } {
  const store = Store.open(storeOf(folder));
  const { id: rolloutId } = store.rollouts.page({ limit: 1 }).rows[0];
  const log = openSync(join(folder, 'plain.log'), 'a');
  const [ours, peer]: number[][] = [[], []];
  for (let i = 0; i < commits; i += 1) {
    const boundaries = [100 + i, 2000 + i];
    const start = performance.now();
    store.labels.set({ rolloutId, annotator: 'bench', boundaries });
    const middle = performance.now();
    writeSync(log, JSON.stringify({ rolloutId, boundaries }));
    fdatasyncSync(log);
    ours.push(middle - start);
    peer.push(performance.now() - middle);
  }
  closeSync(log);
  store.close();
  return { ours, peer };
}

/** Collects in the page, for each pointer move, the time from its dispatch to after the frame that shows it. */
async function watchMoves(page: Frame): Promise<void> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(globalThis, { times });
    document.addEventListener(
      'pointermove',
      () => {
        const start = performance.now();
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => times.push(performance.now() - start);
          port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
}
const movesOf = (page: Frame): Promise<number[]> =>
  page.evaluate(() => (globalThis as unknown as { times: number[] }).times.splice(0));

/** Waits for the panel to show a frame of another video than `before`, and returns the panel's document and that video. */
async function firstFrame(workbench: Workbench, before: string | null): Promise<[Frame, string]> {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await workbench.page.waitForTimeout(5)) {
    for (const frame of workbench.page.frames()) {
      const video = frame.locator('video').first();
      const shown = await video
        .evaluate((video: HTMLVideoElement) => (video.readyState >= 2 ? video.getAttribute('src') : null), null, {
          timeout: 50,
        })
        // The panel's document is made anew for a video that it may not read yet.
        .catch(() => null);
      if (shown !== null && shown !== before) return [frame, shown];
    }
  }
  throw new Error('The panel shows no video.');
}

/** Drags the second boundary over some tokens. */
async function drag(workbench: Workbench, page: Frame): Promise<number[]> {
  const handle = page.getByRole('slider', { name: 'evidence starts' });
  await handle.scrollIntoViewIfNeeded();
  const { x, y, height } = (await handle.boundingBox())!;
  const { mouse } = workbench.page;
  await mouse.move(x + 5, y + height / 2);
  await mouse.down();
  await movesOf(page);
  for (let step = 1; step <= 40; step += 1) {
    await mouse.move(x + 5 + step * 6, y + height / 2);
    await workbench.page.waitForTimeout(20);
  }
  const times = await movesOf(page);
  await mouse.up();
  return times;
}

/** As many spans as there are tokens, each given its weight's colour anew for every move: how text labelling pages paint. */
const spansPage = `<!doctype html><body>${Array.from({ length: tokens }, (_, i) => `<span>word${i} </span>`).join('')}<script>
const spans = [...document.querySelectorAll('span')];
let turn = 0;
document.addEventListener('pointermove', () => {
  turn += 1;
  spans.forEach((span, i) => { span.style.backgroundColor = 'rgb(120 80 200 / ' + (((i * 7 + turn) % 100) / 200) + ')'; });
});
</script>`;
const videoPage = '<!doctype html><video src="clip.mp4" muted></video>';

needPrograms(['ffmpeg', 'chromium']);
const home = mkdtempSync(join(tmpdir(), 'lab-bench-home-'));
const folder = makeProject();
const served: Record<string, string> = { '/spans': spansPage, '/video': videoPage };
const server = createServer((request, response) => {
  const page = served[request.url ?? ''];
  if (page) response.setHeader('content-type', 'text/html').end(page);
  else response.setHeader('content-type', 'video/mp4').end(readFileSync(join(folder, 'clip.mp4')));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const browser = await launchBrowser();
try {
  const saved = measureCommits(folder);
  const extensions = join(home, 'extensions');
  installExtension(vsixPath, { home, extensions });
  await using workbench = await Workbench.open({ extensions, from: folder, alone: true });
  await workbench.showContainer();
  for (const row of [0, 1, 2]) {
    await workbench.rows('Rollouts').nth(row).click();
    await workbench.page.waitForTimeout(1000);
  }
  const plain = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const frames: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const paints: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  await workbench.run('Rollout Lab: Next Unlabelled');
  let [page, source] = await firstFrame(workbench, null);
  for (let round = 0; round < rounds; round += 1) {
    // The panel goes to the next prompt's completion, whose clip is another file.
    await page.locator('reasoning-text .completion').focus();
    let start = performance.now();
    await workbench.page.keyboard.press('n');
    [page, source] = await firstFrame(workbench, source);
    frames.ours.push(performance.now() - start);
    start = performance.now();
    await plain.goto(`${address}/video`);
    await plain.waitForFunction(() => document.querySelector('video')!.readyState >= 2);
    frames.peer.push(performance.now() - start);

    await page.locator('reasoning-text .completion').focus();
    await workbench.page.keyboard.press('2');
    await watchMoves(page);
    paints.ours.push(...(await drag(workbench, page)));
    await plain.goto(`${address}/spans`);
    await watchMoves(plain.mainFrame());
    for (let step = 1; step <= 40; step += 1) {
      await plain.mouse.move(100 + step * 6, 200);
      await plain.waitForTimeout(20);
    }
    paints.peer.push(...(await movesOf(plain.mainFrame())));
  }
  const tell = (what: string, ours: number, peer: number, beside: string): void =>
    console.log(`${what}: ${ours.toFixed(1)} ms; ${beside} ${peer.toFixed(1)} ms; ratio ${(ours / peer).toFixed(2)}`);
  tell('click to first frame, median', median(frames.ours), median(frames.peer), 'a page with the video alone');
  tell(
    `drag to painted weights at ${tokens} tokens, median`,
    median(paints.ours),
    median(paints.peer),
    'a span a token',
  );
  tell('drag to painted weights, p99', p99(paints.ours), p99(paints.peer), 'a span a token');
  tell('label commit with full sync, median', median(saved.ours), median(saved.peer), 'append and fdatasync');
  tell('label commit with full sync, p99', p99(saved.ours), p99(saved.peer), 'append and fdatasync');
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}
