/**
 * What the store's bench measures, each part in a process of its own: `node store-parts.ts PART FOLDER ROLLOUTS`. It prints what it took as
 * one line of JSON (`Measured`).
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { spreadFields } from '../domain/query-fields.ts';
import { exportInWorker, importInWorker } from '../formats/client.ts';
import { filters, Store, type Filter } from '../store/store.ts';
import { makeSuggestions } from '../training/suggestions/suggest.ts';
import { writeDump } from './store-material.ts';
import { rawImport, rawPages } from './store-raw.ts';

/** What a part took. */
export interface Measured {
  /** User and system, in seconds. */
  processor: number;
  /** Bytes. */
  peakMemory: number;
  /** Bytes of the file that the part wrote, if any. */
  written?: number;
  /** Processor time in ms: on a machine that is shared it says more than the clock. */
  timed: { what: string; p50: number; p99: number }[];
}

const [part, folder, given] = process.argv.slice(2);
const rollouts = Number(given);
const file = join(folder, 'rollouts.db');
const raw = join(folder, 'raw.db');
const dump = join(folder, 'main.rollouts.jsonl');

/** People's marks are on the last rollouts of the store: what looks for them from the first on reads it all. */
const marked = 100;
/** Rollouts that an annotator labelled from the first on. */
const labelled = Math.min(Math.ceil(rollouts / 100), 10_000);

const timed: Measured['timed'] = [];

function time(what: string, rounds: number, work: (round: number) => unknown): void {
  timeInTurn(rounds, { [what]: work });
}

/** Each round does all of them, in the other order than the one before: what the first reads is warm for the next. */
function timeInTurn(rounds: number, works: Readonly<Record<string, (round: number) => unknown>>): void {
  const took = new Map(Object.keys(works).map((what) => [what, new Array<number>()]));
  for (let round = 0; round < rounds; round += 1) {
    const all = Object.entries(works);
    for (const [what, work] of round % 2 === 0 ? all : all.reverse()) {
      const begun = process.cpuUsage();
      work(round);
      const { user, system } = process.cpuUsage(begun);
      took.get(what)!.push((user + system) / 1e3);
    }
  }
  for (const [what, times] of took) {
    times.sort((a, b) => a - b);
    timed.push({ what, p50: times[rounds >> 1], p99: times[Math.ceil(0.99 * rounds) - 1] });
  }
}

/** The thread of this work, as the last build has it. */
const worker = (work: 'import' | 'export'): string => join(import.meta.dirname, `../../dist/${work}-worker.cjs`);

const bring = (name: string): Promise<unknown> => importInWorker(file, [name], {}, worker('import'));

const plain = { right: true, vanishing: false, hinted: false, labels: [] };

function askFilters(store: Store, which: readonly Filter[], said: string): void {
  for (const filter of which) {
    time(`prompts, ${filter}, ${said}`, 5, () => store.prompts.page({ filter }));
    time(`prompts of a dataset, ${filter}, ${said}`, 5, () => store.prompts.page({ filter, dataset: 'clips-1' }));
    time(`rollouts, ${filter}, ${said}`, 5, () => store.rollouts.page({ filter }));
  }
}

/** What somebody types, letter by letter. */
const typed = [
  ...[
    't',
    'th',
    'the',
    'them',
    'a',
    '1',
    '37',
    'q',
    'zz',
    'con',
    'answ',
    'because th',
    'rareb',
    'rareb t',
    'number 4711',
  ],
  ...['rarebc', 'nobodysaidthis', 'the nobodysaidthis', 'what does clip', '0:1'],
];

const parts: Record<string, () => unknown> = {
  dump: () => writeDump(dump, { ...plain, name: 'main', rollouts }),
  async import() {
    await bring(dump);
  },
  async 'raw-import'() {
    Store.open(raw).close();
    await rawImport(raw, dump);
  },
  open: () =>
    time('opening the store', 5, () => {
      Store.open(file).close();
    }),
  'no-hit': () => {
    const store = Store.open(file);
    const unmet = filters.filter((filter) => filter !== 'unlabelled');
    askFilters(store, unmet, 'no hit');
    store.close();
  },
  async marks() {
    const first = join(folder, 'first.rollouts.jsonl');
    const last = join(folder, 'last.rollouts.jsonl');
    writeDump(first, { ...plain, name: 'main', rollouts: labelled, labels: ['ann'] });
    writeDump(last, { name: 'last', rollouts: marked, right: false, vanishing: true, hinted: true, labels: ['eve'] });
    await bring(first);
    await bring(last);
    const store = Store.open(file);
    for (let i = 0; i < marked; i += 1) {
      const id = `r-last-${i}`;
      store.statuses.flag(id, 'eve', true);
      if (i % 2 === 0) store.statuses.set(id, 'eve', 'submitted');
      else store.statuses.set(id, 'eve', 'skipped', 'made up');
      store.comments.add(id, 'eve', { body: 'Look at this.', text: null, video: null });
    }
    store.close();
  },
  hits: () => {
    const store = Store.open(file);
    askFilters(store, filters, 'hits');
    store.close();
  },
  pages: () => {
    const store = Store.open(file);
    const peer = rawPages(file);
    const groups = Math.floor(rollouts / 8);
    const at = (round: number): number => (round * 7_919) % groups;
    const after = (round: number): string => Buffer.from(JSON.stringify([at(round), 0])).toString('base64url');
    const pages = (said: string) => ({
      [`page of 100 rollouts${said}`]: (round: number) => store.rollouts.page({ after: after(round) }),
      [`raw page of 100 rollouts${said}`]: (round: number) => peer.read(at(round)),
    });
    timeInTurn(50, pages(', warming up'));
    timeInTurn(200, pages(''));
    peer.close();
    time('page of 100 prompts', 50, (round) => {
      const place = Buffer.from(JSON.stringify([`clips-${round % 3}`, at(round) >> 2])).toString('base64url');
      store.prompts.page({ after: place });
    });
    store.close();
  },
  search: () => {
    const store = Store.open(file);
    for (const text of typed) time(`search “${text}”`, 5, () => store.search(text));
    store.close();
  },
  tree: () => {
    const store = Store.open(file);
    time('the tree’s first level', 5, () => {
      for (const { dataset } of store.prompts.datasets()) store.prompts.page({ dataset, limit: 1 });
      store.runs.all();
    });
    time('Next Unlabelled, who has labelled none', 5, () => store.labels.nextUnlabelled('bob', null));
    time(`Next Unlabelled, who has labelled the first ${labelled}`, 5, () => store.labels.nextUnlabelled('ann', null));
    time('Next Unlabelled, after the last', 5, () => store.labels.nextUnlabelled('ann', 'r-last-99'));
    store.close();
  },
  table: () => {
    const store = Store.open(file);
    const ask = (what: string, line: string, by: string | null, descending = false): void => {
      const query = { line, sort: by === null ? null : { by, descending }, blindFor: null };
      for (const [rows, table] of [
        ['rollouts', store.table],
        ['prompts', store.promptTable],
      ] as const) {
        if (rows === 'prompts' && by !== null && by !== 'pass') continue;
        time(`table of ${rows}, ${what}: the first`, 5, () => table.rows([...table.order(query, 100)]));
        time(`table of ${rows}, ${what}: all`, 5, () => table.order(query));
      }
      for (const field of spreadFields) time(`spread of ${field}, ${what}`, 5, () => store.table.spread(query, field));
    };
    ask('as they came in', '', null);
    ask('shortest wrong', 'correct:no', 'characters');
    ask('longest right', 'correct:yes', 'tokens', true);
    ask('pass rate 20 to 80 %', 'pass:0.2..0.8', 'pass');
    time('pass rates of policies side by side', 5, () => store.promptTable.policies({ line: '', blindFor: null }));
    time('names of the parts of rewards', 5, () => store.table.rewardParts());
    store.close();
  },
  parquet: () => {
    const choice = { what: 'training', format: 'training-parquet' } as const;
    const job = { store: file, out: join(folder, 'training.parquet'), choice, query: {} };
    return exportInWorker(job, new AbortController().signal, worker('export'));
  },
  async suggest() {
    const store = Store.open(file);
    await makeSuggestions(store, { suggester: 'rules' });
    store.close();
  },
};

const wrote: Partial<Record<string, string>> = {
  ...{ dump, import: file, 'raw-import': raw, parquet: join(folder, 'training.parquet') },
};

await parts[part]();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const written = wrote[part] === undefined ? undefined : statSync(wrote[part]).size;
const measured: Measured = {
  processor: (userCPUTime + systemCPUTime) / 1e6,
  peakMemory: 1024 * maxRSS,
  written,
  timed,
};
console.log(JSON.stringify(measured));
