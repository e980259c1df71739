import { basename, dirname, join, resolve } from 'node:path';
import { checkStore, type StoreCheck } from '../../store/check.ts';
import { datedFile } from '../../store/dated-file.ts';
import { restoreStore, type Restored } from '../../store/restore.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

export const checkCommand: Command = {
  name: 'check',
  usage: '--db FILE',
  summary:
    'Looks whether a store is whole: its pages, references, search index and log, and the edits of its journal. Changes nothing.',
  options: storeOption,
  run: ({ options }) => Promise.resolve(checkStore(options.required('db'))),
  print: ({ file, faults, notes, lost, backups }: StoreCheck) =>
    [
      faults.length === 0 ? `${file} is whole` : `${file} is damaged:`,
      ...faults.map((fault) => `  ${fault}`),
      ...(lost === 0 ? [] : [`  ${lost} edits of its journal are not in it`]),
      ...notes.map((note) => `  ${note}`),
      ...backups.map(({ path, at, bytes }) => `  backup of ${at.slice(0, 16)}: ${path}, ${bytes} bytes`),
      ...(faults.length + lost === 0 ? [] : [`rollout-lab restore --db ${file} brings back what can be`]),
    ].join('\n'),
  failed: ({ faults, lost }: StoreCheck) => faults.length + lost > 0,
};

export const backupCommand: Command = {
  name: 'backup',
  usage: '--db FILE [--out FILE]',
  summary: 'Copies a store while it is used, whole or not at all: to a file, or into backups beside it.',
  options: { ...storeOption, out: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      const beside = datedFile(join(dirname(store.file), 'backups', basename(store.file)));
      const out = resolve(options.text('out') ?? beside);
      store.backup(out);
      return { backup: out };
    }),
};

export const restoreCommand: Command = {
  name: 'restore',
  usage: '--db FILE [--from BACKUP]',
  summary:
    'Brings a damaged or lost store back from its newest backup, or the one that is named, with all later edits of its journal. The damaged file is kept.',
  options: { ...storeOption, from: { type: 'string' } },
  run: ({ options }) => {
    const from = options.text('from');
    return Promise.resolve(restoreStore(options.required('db'), from === undefined ? null : resolve(from)));
  },
  print: ({ file, from, kept, edits, left }: Restored) =>
    [
      from === null ? `${file} is whole` : `${file} is restored from ${from}`,
      ...(kept === null ? [] : [`what was there is ${kept}`]),
      `${edits} edits brought back from the journal`,
      ...left.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ].join('\n'),
};
