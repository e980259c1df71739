import type { Estimate } from '../../domain/statistics.ts';
import { isAgentSource, type SuggestionSource } from '../../domain/suggestion/suggestion.ts';
import { evaluateSuggestions, type Measured, type SuggestionEvaluation } from '../../training/suggestions/evaluate.ts';
import { makeSuggestions, suggesters, type SuggestReport } from '../../training/suggestions/suggest.ts';
import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

export const suggest: Command = {
  name: 'suggest',
  usage: `--db FILE [--source ${suggesters.join('|')}] | --db FILE --evaluate [--annotator NAME] | --db FILE --forget SOURCE`,
  summary:
    'Suggests phases for rollouts; --evaluate measures rules and tagger against labels they did not see, and agents against those not taken from them; --forget removes the suggestions of one source, such as agent:NAME.',
  options: {
    ...storeOption,
    source: { type: 'string' },
    evaluate: { type: 'boolean' },
    annotator: { type: 'string' },
    forget: { type: 'string' },
  },
  run: ({ options, signal, progress }): Promise<Answer> =>
    withStore<Answer>(options, (store) => {
      const shared = { signal, onProgress: progress };
      const forgotten = options.text('forget');
      const sources = store.suggestions.sources().map(({ source }) => source);
      if (forgotten !== undefined) {
        const source = sources.find((one) => one === forgotten);
        if (source === undefined)
          throw new UsageError(
            `--forget: nothing is suggested by ${forgotten}; there is ${sources.join(', ') || 'no suggestion'}`,
          );
        return { forgotten: store.suggestions.forget(source), source };
      }
      if (options.has('evaluate'))
        return evaluateSuggestions(store.labels.texts(options.text('annotator')), store.phases.get(), {
          agents: sources.filter(isAgentSource).map((source) => store.suggestions.by(source)),
          ...shared,
        });
      return makeSuggestions(store, {
        suggester: options.oneOf('source', suggesters) ?? 'best',
        ...shared,
      });
    }),
  print(result: Answer) {
    if ('forgotten' in result) return `Removed ${result.forgotten} suggestions by ${result.source}.`;
    return 'rollouts' in result ? reportText(result) : evaluationText(result);
  },
};

interface Forgotten {
  /** Suggestions that were removed. */
  forgotten: number;
  source: SuggestionSource;
}

type Answer = SuggestReport | SuggestionEvaluation | Forgotten;

function reportText({ rollouts, source, labels, model }: SuggestReport): string {
  const by = source === 'rules' ? 'the rules' : `a tagger that learned from ${labels} labels (${model})`;
  return `Suggested phases for ${rollouts} rollouts by ${by}.`;
}

function evaluationText({ labels, prompts, seeds, rules, tagger, agents }: SuggestionEvaluation): string {
  const row = (name: string, measured: Measured) => ({ name, ...measured });
  const rows = [
    ...(rules ? [row('rules', rules)] : []),
    ...tagger.map((one) => row(`tagger, ${one.labels} labels`, one)),
    ...agents.map((one) => row(`${one.source}, ${one.labels} labels`, one)),
  ];
  const width = Math.max(18, ...rows.map(({ name }) => name.length)) + 2;
  return [
    `${labels} labels of ${prompts} prompts; cross-validated by prompt, ${seeds} seeds, 95 % intervals over seeds`,
    `${'from'.padEnd(width)}${'Boundary Similarity'.padEnd(26)}${'exact'.padEnd(26)}calibration error`,
    ...rows.map(({ name, boundarySimilarity, exact, calibrationError }) =>
      [
        name.padEnd(width),
        ...[boundarySimilarity, exact].map((one) => estimate(one).padEnd(26)),
        estimate(calibrationError),
      ].join(''),
    ),
  ].join('\n');
}

/** "0.982 [0.975, 0.989]". */
function estimate({ value, low, high, n }: Estimate): string {
  return n < 2 ? value.toFixed(3) : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
