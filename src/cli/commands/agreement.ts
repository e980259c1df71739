import { agreementMetrics, metricTexts, type AgreementMetric } from '../../domain/agreement.ts';
import { figureText, type Agreement, type ScopeAgreement } from '../../domain/agreement-report.ts';
import { exportAgreement } from '../../formats/export.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

type Document = Agreement & {
  /** Where the table was written; null without --csv. */
  csv: string | null;
};

export const agreement: Command = {
  name: 'agreement',
  usage: '--db FILE [--csv FILE]',
  summary: 'Shows how far annotators agree, with 95 % intervals; --csv writes it for every rollout too.',
  options: { ...storeOption, csv: { type: 'string' } },
  run: ({ options, signal }): Promise<Document> =>
    withStore(options, async (store) => {
      const csv = options.text('csv') ?? null;
      if (csv !== null) await exportAgreement(store, csv, signal);
      return { ...store.agreement.get(), csv };
    }),
  print: ({ people, pairs, csv }: Document) =>
    pairs.length === 0
      ? 'No rollout has the labels of two annotators yet.'
      : [
          ...agreementMetrics.flatMap((metric) => [
            `${metricTexts[metric].label}${metricTexts[metric].better === 'lower' ? ' (lower is better)' : ''}`,
            ...(people.rollouts > 0 ? [line('all people', metric, people)] : []),
            ...pairs.map((pair) => line(`${pair.a}, ${pair.b}`, metric, pair)),
          ]),
          ...(csv === null ? [] : [`Wrote ${csv}.`]),
        ].join('\n'),
};

function line(who: string, metric: AgreementMetric, { rollouts, figures }: ScopeAgreement): string {
  const { value } = figures[metric];
  const why = value === null ? ` (${metricTexts[metric].undefinedWhen})` : '';
  return `  ${who}: ${figureText(figures[metric])}${why}, ${rollouts} ${rollouts === 1 ? 'rollout' : 'rollouts'}`;
}
