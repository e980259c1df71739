/** The export's thread: reading a big store must not hold up the caller. */
import { doWork } from '../store/work-thread.ts';
import type { ExportCount, ExportWork } from './client.ts';
import {
  defaultWeights,
  exportAgreement,
  exportJudgements,
  exportLabels,
  exportPrompts,
  exportRollouts,
  exportTraining,
} from './export.ts';

/** What leaves nothing out. */
const whole = (count: number): ExportCount => ({ count, left: [] });

void doWork<ExportWork>(async (store, { choice, out, query }, { stop }) => {
  switch (choice.what) {
    case 'labels':
      return whole(await exportLabels(store, out, choice.format, stop));
    case 'judgements': {
      const { judgements, left } = await exportJudgements(store, out, choice.format, [], stop);
      return { count: judgements, left };
    }
    case 'agreement':
      return whole(await exportAgreement(store, out, stop));
    case 'prompts':
      return whole(await exportPrompts(store, out, choice.format, { where: query.where, rolloutIds: query.ids }, stop));
    case 'rollouts':
      return whole(await exportRollouts(store, out, choice.format, query, stop));
    case 'training':
      return whole(await exportTraining(store, out, choice.format, query, defaultWeights, stop));
  }
});
