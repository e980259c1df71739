/** The report's section on what a replication at the authors' size needs. */
import { binomialVariance, deviationAt, promptsFor } from './power.ts';
import { inputNames, wantedDifferences, wantedPowers, type Replication } from './replication.ts';
import type { Comparison } from './measured.ts';
import type { Findings } from './findings.ts';
import { tuningRuns } from './plan.ts';
import { bullets, percent, section, table, arm as named } from './words.ts';

const points = (share: number): string => (Number.isFinite(share) ? (100 * share).toFixed(1) : '–');
const whole = (value: number): string => Math.round(value).toLocaleString('en');

export function replicationText({ answers, replication }: Findings): string {
  if (replication.seeds.length === 0) return '';
  const compared = [...answers.matched, ...answers.quarters].filter(({ deviation }) => deviation.value > 0);
  return section(
    'What a replication at real size needs',
    'The model: a seed gives a pair of runs, one of each arm, whose final accuracies differ by the arms’ difference and by noise that is normal over the seeds. Student’s paired t-test, two-sided at 5 %, asks whether the mean difference is 0; its power is the noncentral t’s, with one degree of freedom fewer than seeds. The standard deviation is the one seen here, with its interval by χ²: that a larger policy’s would be the same is an assumption.',
    deviations(compared, replication),
    '“Of the seeds” and “of the prompts” split the variance of the last answers by an analysis of variance, pair of runs × prompt: a run’s luck with single prompts shrinks as prompts are added, the rest does not. The binomial noise is what drawing the prompts anew for every run would make; here all runs answer the same.',
    seedTable(replication),
    bullets([...promptLines(replication), ...hourLines(replication)]),
    inputTable(replication),
  );
}

function deviations(compared: readonly Comparison[], { inputs }: Replication): string {
  const test = inputs.test.value;
  const head = [
    'arm',
    'against',
    'seeds',
    'standard deviation of the difference, points',
    'of the last answers',
    'of the seeds',
    'of the prompts',
    'binomial',
    `with ${whole(test)} test prompts`,
  ];
  const rows = compared.map(({ arm, against, pairs, deviation: { value, low, high }, split }) => [
    named(arm),
    named(against),
    String(pairs),
    `${points(value)} (${points(low)} to ${points(high)})`,
    ...(split
      ? [split.total, split.ofSeeds, split.ofPrompts, split.binomial].map((part) => points(Math.sqrt(part)))
      : ['–', '–', '–', '–']),
    split ? points(deviationAt(split, test)) : '–',
  ]);
  return table(head, rows);
}

function seedTable({ seeds, hours }: Replication): string {
  const head = [
    'arm',
    'against',
    'difference, points',
    ...wantedPowers.map((power) => `seeds for ${100 * power} % power`),
    'GPU hours of both arms',
  ];
  const rows = Object.values(
    Object.groupBy(seeds, ({ arm, against, difference }) => `${arm} ${against} ${difference}`),
  ).flatMap((group) => {
    if (!group) return [];
    const [{ arm, against, difference }] = group;
    const counts = group.map((one) => `${whole(one.seeds)} (${whole(one.low)} to ${whole(one.high)})`);
    const spent = group.map((one) => whole(2 * one.seeds * hours.total)).join(' / ');
    return [[named(arm), named(against), points(difference), ...counts, spent]];
  });
  return table(head, rows);
}

function promptLines({ inputs: { test, accuracy } }: Replication): string[] {
  const both = [accuracy.value, accuracy.value];
  const noise = points(Math.sqrt(binomialVariance(both, test.value)));
  const needed = wantedDifferences.map(
    ({ difference, what }) => `${whole(promptsFor(difference, both))} for ${points(difference)} points (${what})`,
  );
  return [
    `Test prompts: seeds do not mend a test that is too small. At an accuracy of ${percent(accuracy.value)}, ${whole(test.value)} prompts give a difference a binomial standard deviation of ${noise} points; by it alone 80 % power asks for ${needed.join(', ')}. Both arms answering the same prompts need fewer, as the split shows.`,
  ];
}

function hourLines({ inputs, hours }: Replication): string[] {
  const shown = (value: number): string => value.toFixed(1);
  return [
    'GPU hours of a run = operations ÷ (peak × share reached) ÷ 3600. Generating: prompts × completions × 2 × parameters × tokens, those of the prompt at the dense share and those of the completion at the decoding one. Scoring: rows × passes × 2 × parameters × all tokens. Training: rows × times × the operations for a parameter and token × parameters × all tokens. Evaluating: as generating, once a test prompt. What the towers that see and hear compute, loading and waiting are not in it.',
    `By the inputs below a run takes ${shown(hours.total)} GPU hours: generating ${shown(hours.generating)}, scoring ${shown(hours.scoring)}, training ${shown(hours.training)}, evaluating ${shown(hours.evaluating)}. They go with the training prompts (${whole(inputs.prompts.value)} here).`,
    `Tuning each of two arms as here would take as much as ${shown(2 * tuningRuns)} runs more, ${whole(2 * tuningRuns * hours.total)} GPU hours.`,
  ];
}

function inputTable({ inputs }: Replication): string {
  const shown = (value: number): string => (value >= 1e6 ? value.toExponential() : value.toLocaleString('en'));
  const rows = inputNames.map((name) => {
    const { value, what, source, from } = inputs[name];
    return [`\`${name}\``, what, shown(value), source === 'assumption' ? '**assumption**' : source, from];
  });
  return table(['input (`--assume`)', 'what', 'value', 'source', 'from'], rows);
}
