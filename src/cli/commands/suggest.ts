import { counted } from '../../domain/counted.ts';
import type { IterationTime } from '../../domain/progress.ts';
import type { Estimate } from '../../domain/statistics.ts';
import { isAgentSource, isModelSource, type SuggestionSource } from '../../domain/suggestion/suggestion.ts';
import type { Store, UnsuggestedCount } from '../../store/store.ts';
import {
  endpointModel,
  failedText,
  planText,
  spentText,
  suggestByModel,
  type ModelReport,
} from '../../training/suggestions/by-model.ts';
import { evaluateSuggestions, type Measured, type SuggestionEvaluation } from '../../training/suggestions/evaluate.ts';
import { makeSuggestions, suggesters, type SuggestReport } from '../../training/suggestions/suggest.ts';
import { UsageError, type Arguments, type Command, type CommandContext } from '../command.ts';
import { countText, judgeAt } from '../follow.ts';
import { storeOption, withStore } from '../open-store.ts';
import { judgeOf } from './judge.ts';

/** What is said of a language model alone, and what none is asked for. */
const modelOptions = ['judge', 'where', 'concurrency', 'send'] as const;
const otherThings = ['source', 'evaluate', 'annotator', 'forget'] as const;

export const suggest: Command = {
  name: 'suggest',
  usage: `--db FILE [--source ${suggesters.join('|')}] | --db FILE --model NAME --judge URL [--where QUERY] [--concurrency N] [--send] | --db FILE --evaluate [--annotator NAME] | --db FILE --forget SOURCE`,
  summary:
    'Suggests phases for rollouts. --model has the language model NAME behind the OpenAI-compatible endpoint URL do it, for those that QUERY keeps and that have no suggestion of it: it says what would be sent there, and sends it with --send; its key is ROLLOUT_LAB_JUDGE_KEY; Ctrl+C stops it, and the same command goes on with what is missing. --evaluate measures rules and tagger against labels they did not see, and agents and language models against those not taken from them. --forget removes the suggestions of one source, such as agent:NAME or model:NAME.',
  options: {
    ...storeOption,
    source: { type: 'string' },
    model: { type: 'string' },
    judge: { type: 'string' },
    where: { type: 'string' },
    concurrency: { type: 'string' },
    send: { type: 'boolean' },
    evaluate: { type: 'boolean' },
    annotator: { type: 'string' },
    forget: { type: 'string' },
  },
  run(context): Promise<Answer> {
    const { options, signal, progress } = context;
    needOneThing(options);
    const asks = options.text('model') === undefined ? null : askOf(options);
    return withStore<Answer>(options, (store) => {
      if (asks) return asks(store, context);
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
          models: sources.filter(isModelSource).map((source) => store.suggestions.by(source)),
          ...shared,
        });
      return makeSuggestions(store, {
        suggester: options.oneOf('source', suggesters) ?? 'best',
        ...shared,
      });
    });
  },
  print(result: Answer) {
    if ('forgotten' in result) return `Removed ${result.forgotten} suggestions by ${result.source}.`;
    if ('plan' in result) return `${result.plan}\nNothing was sent: --send sends it.`;
    if ('failed' in result) return modelText(result);
    return 'rollouts' in result ? reportText(result) : evaluationText(result);
  },
};

/** What would be sent, where nothing was. */
interface Planned extends UnsuggestedCount {
  plan: string;
}

/** Has a language model suggest, or says what it would be sent. */
function askOf(options: Arguments): (store: Store, context: CommandContext) => Promise<Planned | ModelReport> {
  const judge = judgeOf(options);
  const model = endpointModel(judge, judgeAt(judge.endpoint)!.key);
  const where = options.query('where') ?? '';
  return async ({ suggestions, phases }, { signal, progress }) => {
    const job = { suggestions, model, phases: phases.get().map(({ name }) => name), where };
    const count = suggestions.unsuggestedCount(model.source, where);
    const plan = planText(count, job);
    if (!options.has('send')) return { ...count, plan };
    progress(plan);
    const times: IterationTime[] = [{ iteration: 0, at: Date.now() }];
    return suggestByModel(job, count, {
      signal,
      progress(done, spent) {
        times.push({ iteration: done, at: Date.now() });
        progress(`${countText({ done, total: count.rollouts }, times)} · ${spentText(spent)}`);
      },
    });
  };
}

/** Throws UsageError where a language model is named beside something else to do, or something is said of one and none is named. */
function needOneThing(options: Arguments): void {
  const given = (name: string): boolean => options.has(name) || options.text(name) !== undefined;
  const isNamed = given('model');
  const odd = (isNamed ? otherThings : modelOptions).find(given);
  if (odd === undefined) return;
  throw new UsageError(
    isNamed ? `--model and --${odd} are two things to do: choose one` : `--${odd} needs a language model: --model NAME`,
  );
}

function modelText(report: ModelReport): string {
  const { rollouts, model, source } = report;
  const made = `Suggested phases for ${counted(rollouts, 'rollout')} by ${model} (${source}), with ${spentText(report)}.`;
  return [made, failedText(report) ?? []].flat().join('\n');
}

interface Forgotten {
  /** Suggestions that were removed. */
  forgotten: number;
  source: SuggestionSource;
}

type Answer = SuggestReport | Planned | ModelReport | SuggestionEvaluation | Forgotten;

function reportText({ rollouts, source, labels, model }: SuggestReport): string {
  const by = source === 'rules' ? 'the rules' : `a tagger that learned from ${counted(labels, 'label')} (${model})`;
  return `Suggested phases for ${counted(rollouts, 'rollout')} by ${by}.`;
}

function evaluationText({ labels, prompts, seeds, rules, tagger, agents, models }: SuggestionEvaluation): string {
  const row = (name: string, measured: Measured) => ({ name, ...measured });
  const rows = [
    ...(rules ? [row('rules', rules)] : []),
    ...tagger.map((one) => row(`tagger, ${counted(one.labels, 'label')}`, one)),
    ...[...agents, ...models].map((one) => row(`${one.source}, ${counted(one.labels, 'label')}`, one)),
  ];
  const width = Math.max(18, ...rows.map(({ name }) => name.length)) + 2;
  return [
    `${counted(labels, 'label')} of ${counted(prompts, 'prompt')}; cross-validated by prompt, ${seeds} seeds, 95 % intervals over seeds`,
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
