import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { phaseFileName, readPhases, writtenPhases, type PhaseFile } from '../../formats/phases.ts';
import { writeWhole } from '../../formats/whole-file.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

interface PhasesDocument extends PhaseFile {
  /** Labels brought to these phases. */
  moved: number;
}

export const phasesShow: Command = {
  name: 'phases show',
  usage: '--db FILE',
  summary: 'Shows the phases that labels divide completions into, and the types of error that steps have.',
  options: storeOption,
  run: ({ options }) => withStore(options, (store) => ({ phases: store.phases.get(), errors: store.errorTypes.get() })),
};

export const phasesSet: Command = {
  name: 'phases set',
  usage: '--db FILE --file FILE',
  summary: `Sets the phases and error types to those of a ${phaseFileName}. Refuses when a label would lose text or video.`,
  options: { ...storeOption, file: { type: 'string' } },
  async run({ options }): Promise<PhasesDocument> {
    const source = resolve(options.required('file'));
    const read = readPhases(await readFile(source, 'utf8'));
    if ('faults' in read) {
      throw new Error(read.faults.map(({ line, message }) => `${source}:${line}: ${message}`).join('\n'));
    }
    const moved = await withStore(options, (store) => {
      const count = store.setPhases(read.phases);
      store.errorTypes.set(read.errors);
      return count;
    });
    // The editor takes the file beside the store for the project's will.
    await writeWhole(join(dirname(resolve(options.required('db'))), phaseFileName), writtenPhases(read));
    return { ...read, moved };
  },
};
