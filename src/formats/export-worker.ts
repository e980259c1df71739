/** The export's thread: reading a big store must not hold up the caller. */
import { doWork } from '../store/work-thread.ts';
import type { ExportWork } from './client.ts';
import {
  defaultWeights,
  exportAgreement,
  exportLabels,
  exportPrompts,
  exportRollouts,
  exportTraining,
} from './export.ts';

void doWork<ExportWork>((store, { choice, out, query }, { stop }) => {
  switch (choice.what) {
    case 'labels':
      return exportLabels(store, out, choice.format, stop);
    case 'agreement':
      return exportAgreement(store, out, stop);
    case 'prompts':
      return exportPrompts(store, out, choice.format, { where: query.where, rolloutIds: query.ids }, stop);
    case 'rollouts':
      return exportRollouts(store, out, choice.format, query, stop);
    case 'training':
      return exportTraining(store, out, choice.format, query, defaultWeights, stop);
  }
});
