/**
 * `npm run bench -- store`: a store of many rollouts, beside the driver alone where that does the same. The parts run one after another, each
 * in a process of its own. `--rollouts N` (100,000); `--folder DIR` keeps dump and stores there for the next time; words name parts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Measured } from './store-parts.ts';

const { values, positionals } = parseArgs({
  options: { rollouts: { type: 'string', default: '100000' }, folder: { type: 'string' } },
  allowPositionals: true,
});
const rollouts = Number(values.rollouts);
const all = [
  'dump',
  'raw-import',
  'import',
  'open',
  'no-hit',
  'marks',
  'hits',
  'pages',
  'search',
  'tree',
  'table',
  'parquet',
  'suggest',
];
const unknown = positionals.filter((part) => !all.includes(part));
if (!Number.isInteger(rollouts) || rollouts < 1_000 || unknown.length > 0)
  throw new Error(`usage: npm run bench -- store [${all.join('|')}] [--rollouts N, 1000 or more] [--folder DIR]`);
const parts = positionals.length > 0 ? positionals : all;

const folder = values.folder === undefined ? mkdtempSync(join(tmpdir(), 'store-')) : resolve(values.folder);
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
if (values.folder !== undefined) mkdirSync(folder, { recursive: true });
let raw: Measured | undefined;
try {
  console.log(
    `${rollouts} rollouts; ${cpus().length} × ${cpus()[0].model}, ${megabytes(totalmem())}, Node ${process.version}`,
  );
  for (const part of parts) {
    if (part === 'dump' && existsSync(join(folder, 'main.rollouts.jsonl'))) continue;
    const words = [join(import.meta.dirname, 'store-parts.ts'), part, folder, String(rollouts)];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${part}: ${stderr}`);
    const measured = JSON.parse(stdout) as Measured;
    if (part === 'raw-import') raw = measured;
    const { processor, peakMemory, written, timed } = measured;
    console.log(
      [
        part.padEnd(12),
        `${processor.toFixed(1)} processor s`,
        `${Math.round(rollouts / processor)} rollouts/s`,
        `peak ${megabytes(peakMemory)}`,
        ...(written === undefined ? [] : [`wrote ${megabytes(written)}`]),
        ...(part === 'import' && raw ? [`${(raw.processor / processor).toFixed(2)} of raw’s`] : []),
      ].join('  '),
    );
    for (const { what, p50, p99 } of timed)
      console.log(`  ${what.padEnd(56)} p50 ${p50.toFixed(1).padStart(8)} ms  p99 ${p99.toFixed(1).padStart(8)} ms`);
  }
} finally {
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
