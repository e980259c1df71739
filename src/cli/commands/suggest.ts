import type { Estimate } from '../../domain/statistics.ts';
import { evaluateSuggestions, type Measured, type SuggestionEvaluation } from '../../training/suggestions/evaluate.ts';
import { makeSuggestions, suggesters, type SuggestReport } from '../../training/suggestions/suggest.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

export const suggest: Command = {
  name: 'suggest',
  usage: `--db FILE [--source ${suggesters.join('|')}] | --db FILE --evaluate [--annotator NAME]`,
  summary: 'Suggests phases for rollouts; --evaluate measures rules and tagger against labels they did not see.',
  options: {
    ...storeOption,
    source: { type: 'string' },
    evaluate: { type: 'boolean' },
    annotator: { type: 'string' },
  },
  run: ({ options, signal, progress }): Promise<SuggestReport | SuggestionEvaluation> =>
    withStore<SuggestReport | SuggestionEvaluation>(options, (store) => {
      const shared = { signal, onProgress: progress };
      if (options.has('evaluate'))
        return evaluateSuggestions(store.labels.texts(options.text('annotator')), store.phases.get(), shared);
      return makeSuggestions(store, {
        suggester: options.oneOf('source', suggesters) ?? 'best',
        ...shared,
      });
    }),
  print: (result: SuggestReport | SuggestionEvaluation) =>
    'rollouts' in result ? reportText(result) : evaluationText(result),
};

function reportText({ rollouts, source, labels, model }: SuggestReport): string {
  const by = source === 'rules' ? 'the rules' : `a tagger that learned from ${labels} labels (${model})`;
  return `Suggested phases for ${rollouts} rollouts by ${by}.`;
}

function evaluationText({ labels, prompts, seeds, rules, tagger }: SuggestionEvaluation): string {
  return [
    `${labels} labels of ${prompts} prompts; cross-validated by prompt, ${seeds} seeds, 95 % intervals over seeds`,
    `${'from'.padEnd(20)}${'Boundary Similarity'.padEnd(26)}${'exact'.padEnd(26)}calibration error`,
    ...(rules ? [line('rules', rules)] : []),
    ...tagger.map((row) => line(`tagger, ${row.labels} labels`, row)),
  ].join('\n');
}

function line(name: string, { boundarySimilarity, exact, calibrationError }: Measured): string {
  return `${name.padEnd(20)}${estimate(boundarySimilarity).padEnd(26)}${estimate(exact).padEnd(26)}${estimate(calibrationError)}`;
}

/** "0.982 [0.975, 0.989]". */
function estimate({ value, low, high, n }: Estimate): string {
  return n < 2 ? value.toFixed(3) : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
