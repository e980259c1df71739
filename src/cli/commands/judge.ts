import { parseJudge } from '../../domain/preset.ts';
import type { IterationTime } from '../../domain/progress.ts';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import { report, type Report } from '../../evaluation/report.ts';
import { usualReaders } from '../../evaluation/score.ts';
import { tablesText } from '../../evaluation/table.ts';
import { reportTables } from '../../evaluation/tables.ts';
import type { EvaluationRow } from '../../store/store.ts';
import { judgeReplies, planJudging, planText, unreadText, type Judged } from '../../training/evaluation/judge.ts';
import { scoredReplies } from '../../training/evaluation/scored.ts';
import { UsageError, type Arguments, type Command } from '../command.ts';
import { evaluationNamed } from '../evaluations.ts';
import { countText, judgeAt } from '../follow.ts';
import { storeOption, withStore } from '../open-store.ts';

interface JudgedEvaluation extends Judged {
  evaluation: EvaluationRow;
  report: Report;
}

export const judgeCommand: Command = {
  name: 'judge',
  usage: 'EVALUATION --db FILE --judge URL --model NAME [--concurrency N]',
  summary:
    'Has the model NAME behind the OpenAI-compatible endpoint URL judge the replies of an evaluation, by id or name, as MMVU’s authors do: each reply is sent there with its question, its options and the correct answer. Its key is ROLLOUT_LAB_JUDGE_KEY. Verdicts are kept; Ctrl+C stops it, and the same command goes on with what is missing.',
  options: { ...storeOption, judge: { type: 'string' }, model: { type: 'string' }, concurrency: { type: 'string' } },
  run({ options, positionals, signal, progress }) {
    if (positionals.length !== 1) throw new UsageError('name one evaluation (evaluations shows them)');
    const judge = judgeOf(options);
    const { key } = judgeAt(judge.endpoint)!;
    return withStore(options, async (store): Promise<JudgedEvaluation> => {
      const { id, dataset } = evaluationNamed(store, positionals[0]);
      const judging = { evaluations: store.evaluations, id, judge };
      const plan = await planJudging(judging);
      progress(planText(plan, judge));
      const times: IterationTime[] = [{ iteration: 0, at: Date.now() }];
      const judged = await judgeReplies(judging, plan, {
        ...{ key, signal },
        progress: (done) => {
          times.push({ iteration: done, at: Date.now() });
          progress(countText({ done, total: plan.missing }, times));
        },
      });
      const readers = usualReaders(dataset);
      return {
        ...judged,
        evaluation: store.evaluations.get(id)!,
        report: report(scoredReplies(store, id, readers, signal)),
      };
    });
  },
  print: ({ evaluation, report: found, ...judged }: JudgedEvaluation) =>
    [unreadText(judged) ?? [], tablesText(reportTables(evaluation, found), 'markdown').trimEnd()].flat().join('\n\n'),
};

/** The judge of --judge, --model and --concurrency. Throws UsageError on one that cannot be. */
export function judgeOf(options: Arguments): EndpointJudgeConfig {
  const [endpoint, model] = [options.required('judge'), options.required('model')];
  try {
    return parseJudge({ endpoint, model, concurrency: options.integer('concurrency') });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}
