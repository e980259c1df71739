/** The export's thread: reading a big store must not hold up the caller. */
import { join } from 'node:path';
import { doWork } from '../store/work-thread.ts';
import type { ExportCount, ExportWork } from './client.ts';
import {
  defaultWeights,
  exportAgreement,
  exportCorrections,
  exportJudgements,
  exportLabels,
  exportMetrics,
  exportPreferences,
  exportPrompts,
  exportRollouts,
  exportTraining,
} from './export.ts';

const trainers = join(__dirname, 'trainers');

/** What leaves nothing out. */
const whole = (count: number): ExportCount => ({ count, left: [] });

void doWork<ExportWork>(async (store, { choice, out, query }, { stop }) => {
  switch (choice.what) {
    case 'labels':
      return whole(await exportLabels(store, out, choice.format, stop));
    case 'judgements': {
      const { judgements, left } = await exportJudgements(store, out, choice.format, choice.annotators, stop);
      return { count: judgements, left };
    }
    case 'preferences': {
      const { preferences, left } = await exportPreferences(store, out, choice.format, choice.annotators, stop);
      return { count: preferences, left };
    }
    case 'corrections':
      return whole(await exportCorrections(store, out, choice.format, choice.annotators, stop));
    case 'agreement':
      return whole(await exportAgreement(store, out, stop));
    case 'prompts':
      return whole(
        await exportPrompts(
          store,
          out,
          choice.format,
          { dataset: query.dataset, where: query.where, ids: query.promptIds, rolloutIds: query.ids },
          stop,
        ),
      );
    case 'metrics': {
      const runs = choice.runs ?? (query.runId === undefined ? [] : [query.runId]);
      return whole(await exportMetrics(store, out, choice.format, runs, stop));
    }
    case 'rollouts':
      return whole(await exportRollouts(store, out, choice.format, query, stop));
    case 'training': {
      const { format, weights = defaultWeights, tokenizer } = choice;
      const { rollouts, ...told } = await exportTraining(
        store,
        out,
        format,
        query,
        weights,
        { trainers, tokenizer },
        stop,
      );
      return { count: rollouts, ...told };
    }
  }
});
