import { agreementMetrics, metricTexts } from '../../domain/agreement.ts';
import { figureText, type Agreement, type Figure } from '../../domain/agreement-report.ts';
import { goldText, type GoldAgreement } from '../../domain/gold-agreement.ts';
import { judgementMetrics, judgementText, type JudgementAgreement } from '../../domain/judgement-agreement.ts';
import { exportAgreement } from '../../formats/export.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

type Document = Agreement & {
  /** Where the table was written; null without --csv. */
  csv: string | null;
  /** On the steps that both judged. */
  judgements: JudgementAgreement;
  /** Each annotator against gold labels. */
  gold: GoldAgreement[];
};

export const agreement: Command = {
  name: 'agreement',
  usage: '--db FILE [--csv FILE]',
  summary:
    'Shows how far annotators agree on phases and on judgements of steps, and each with gold labels, with 95 % intervals; --csv writes it for every rollout too.',
  options: { ...storeOption, csv: { type: 'string' } },
  run: ({ options, signal }): Promise<Document> =>
    withStore(options, async (store) => {
      const csv = options.text('csv') ?? null;
      if (csv !== null) await exportAgreement(store, csv, signal);
      return { ...store.agreement.get(), judgements: store.agreement.judgements(), gold: store.gold.agreement(), csv };
    }),
  print: ({ people, pairs, judgements, gold, csv }: Document) => {
    const lines = [
      ...(pairs.length > 0 ? agreementMetrics : []).flatMap((metric) => [
        `${metricTexts[metric].label}${metricTexts[metric].better === 'lower' ? ' (lower is better)' : ''}`,
        ...(people.rollouts > 0 ? [line('all people', people.figures[metric], people, metricTexts[metric])] : []),
        ...pairs.map((pair) => line(`${pair.a}, ${pair.b}`, pair.figures[metric], pair, metricTexts[metric])),
      ]),
      ...(judgements.pairs.length > 0 ? judgementMetrics : []).flatMap((metric) => [
        `${metricTexts[metric].label} of judgements`,
        line('all', judgements.people.figures[metric], judgements.people, judgementText),
        ...judgements.pairs.map((pair) => line(`${pair.a}, ${pair.b}`, pair.figures[metric], pair, judgementText)),
        ...judgements.errors.map((one) => line(`error ${one.error}`, one.figures[metric], one, judgementText)),
      ]),
      ...(gold.length > 0 ? ['Against gold labels'] : []),
      ...gold.map(
        (one) =>
          `  ${one.annotator}: ${goldText(one)}, ${one.labels.rollouts} ${one.labels.rollouts === 1 ? 'rollout' : 'rollouts'}`,
      ),
    ];
    if (lines.length === 0)
      lines.push('No rollout has the labels of two annotators yet, or their judgements of a step.');
    return [...lines, ...(csv === null ? [] : [`Wrote ${csv}.`])].join('\n');
  },
};

function line(
  who: string,
  figure: Figure,
  { rollouts }: { rollouts: number },
  { undefinedWhen }: { undefinedWhen: string },
): string {
  const why = figure.value === null ? ` (${undefinedWhen})` : '';
  return `  ${who}: ${figureText(figure)}${why}, ${rollouts} ${rollouts === 1 ? 'rollout' : 'rollouts'}`;
}
