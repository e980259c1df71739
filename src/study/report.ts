/** The report: Markdown that says what the numbers say, whichever way they go. */
import { collapse, heldCompletions, type ArmFinding } from './measured.ts';
import { armNamed } from './arms.ts';
import type { Findings, Question } from './findings.ts';
import type { Project } from './material.ts';
import { settings } from './plan.ts';
import { replicationText } from './replication-text.ts';
import {
  bullets,
  countText,
  effectSentence,
  lengthSentence,
  matchedSentence,
  opponentSentence,
  percent,
  percentText,
  pointsText,
  ratioText,
  section,
  stabilitySentence,
  stepsSentence,
  table,
  arm as named,
} from './words.ts';

export interface ReportFacts {
  findings: Findings;
  /** Files of the figures that there are. */
  figures: ReadonlySet<string>;
  prompts: Record<keyof Project['prompts'], number>;
  fingerprint: Project['fingerprint'];
  /** What it ran on: versions, processors. */
  machine: Record<string, string>;
}

export function reportText(facts: ReportFacts): string {
  const parts = [
    '# The paper’s claim on the sample project',
    opening(facts),
    holds(facts),
    verdict(facts),
    mainArms(facts),
    ratios(facts),
    steps(facts),
    weights(facts),
    elsewhere(facts),
    replicationText(facts.findings),
    learningRates(facts),
    method(facts),
    missing(facts),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function opening({ findings, prompts }: ReportFacts): string {
  const { coldAccuracy, target, targetFromTuning } = findings;
  const why = targetFromTuning
    ? 'its own accuracy and three quarters of what tuned one-step GRPO gains on validation prompts'
    : 'half of its errors undone';
  return (
    `AVATAR (arXiv 2508.03100) reports a fifth of GRPO’s completions to the same accuracy. \`npm run study\` trains the sample’s ` +
    `cold-start policy by AVATAR, by its parts and by GRPO, at learning rates tuned on ${prompts.validation} validation prompts, and judges them on ` +
    `${prompts.test} test prompts. The cold start answers ${percent(coldAccuracy)} of these rightly. The target, fixed before any run was judged, is ` +
    `${percent(target)} (${why}), held while ${heldCompletions} more completions are generated. Intervals are 95 %. Every sentence below is computed from study.json.`
  );
}

/** Which settings there are runs of, and what these depend on: another policy, data or trainer would be another study. */
function holds({ findings: { arms }, fingerprint: { policy, data, trainer } }: ReportFacts): string {
  const found = settings.map((setting) => ({ setting, own: arms.filter((one) => one.setting === setting.name) }));
  const rows = found.flatMap(({ setting: { name, what, arms: all }, own }) =>
    own.length === 0
      ? []
      : [[`\`${name}\``, what, `${own.length} of ${all.length}`, String(own.reduce((sum, { runs }) => sum + runs, 0))]],
  );
  const others = found.flatMap(({ setting: { name }, own }) => (own.length === 0 ? `\`${name}\`` : []));
  return section(
    'What it holds',
    `Every run began with the policy \`${policy}\`, on the data \`${data}\`, by the trainer \`${trainer}\` (hashes of their files): of another policy it says nothing.`,
    rows.length > 0 && table(['setting', 'what', 'arms', 'runs'], rows),
    others.length > 0 && `Not in it: ${others.join(', ')}.`,
  );
}

function verdict({ findings: { answers, arms } }: ReportFacts): string {
  const lines = [
    ...answers.opponent.map(opponentSentence),
    ...answers.matched.map(matchedSentence),
    ...answers.steps.map((found) => effectSentence('More gradient steps alone, as passes over the batch', found)),
    ...answers.replay.map((found) => effectSentence('Replay alone', found)),
    ...answers.weights.map((found) => effectSentence('Shaped weights', found)),
  ];
  const main = arms.filter(({ setting }) => setting === 'main');
  if (main.length > 0) lines.push(stabilitySentence(main));
  return section('What it says', lines.length > 0 ? bullets(lines) : 'No two arms have been trained yet.');
}

function mainArms({ findings: { arms }, figures }: ReportFacts): string {
  const main = arms.filter(({ setting }) => setting === 'main');
  if (main.length === 0) return '';
  const what = main.map(({ arm }) => `\`${arm}\`: ${armNamed(arm).what}`);
  return section(
    'Arms',
    bullets(what),
    armTable(main),
    figure(figures, 'curves.svg', 'Test accuracy by completions'),
    figure(figures, 'target.svg', 'Completions to the held target'),
    figure(figures, 'advantages.svg', 'Advantages of the rows learnt from'),
  );
}

function armTable(arms: readonly ArmFinding[]): string {
  const head = [
    'arm',
    'runs',
    'held',
    'completions to target',
    'tokens to target',
    'final accuracy',
    'late drop',
    'collapsed',
    'vanishing groups',
    'rows with A = 0, fresh / replayed',
    's a run',
  ];
  const rows = arms.map((one) => {
    const bounded = one.reached < one.runs;
    const share = (value: number | null): string => (value === null ? '–' : percent(value));
    return [
      named(`${one.setting}/${one.arm}`),
      String(one.runs),
      String(one.reached),
      countText(one.completions, bounded),
      countText(one.tokens, bounded),
      percentText(one.final),
      percent(one.drop.value),
      String(one.collapsed),
      one.vanishing.n === 0 ? '–' : percent(one.vanishing.value),
      `${share(one.zeroFresh)} / ${share(one.zeroReplayed)}`,
      one.seconds.value.toFixed(0),
    ];
  });
  return table(head, rows);
}

function ratios({ findings: { answers } }: ReportFacts): string {
  const found = (['opponent', 'matched', 'steps', 'replay', 'weights'] as const).flatMap(
    (question) => answers[question],
  );
  if (found.length === 0) return '';
  const head = [
    'arm',
    'against',
    'completions, bootstrap',
    'pair by pair',
    'tokens, bootstrap',
    'final, points',
    'on the way, points',
    'seeds',
  ];
  const rows = found.map((one) => [
    named(one.arm),
    named(one.against),
    ratioText(one.completions.bootstrap),
    ratioText(one.completions.geometric),
    ratioText(one.tokens.bootstrap),
    pointsText(one.final),
    pointsText(one.average),
    String(one.pairs),
  ]);
  return section('Ratios to the held target, and differences of accuracy', table(head, rows));
}

function steps({ findings: { answers, arms }, figures }: ReportFacts): string {
  const own = arms.filter(({ setting }) => setting === 'steps');
  if (own.length === 0) return '';
  const [passes, quarters] = [answers.steps[0], answers.once[0]];
  const lines = [
    ...(passes && quarters ? [stepsSentence(passes, quarters)] : []),
    ...answers.once.map((found) => effectSentence('More gradient steps alone, on disjoint quarters', found)),
    ...answers.passes.map((found) => effectSentence('Quarters in place of passes', found)),
    ...answers.quarters.map(matchedSentence),
    stabilitySentence(own),
  ];
  return section(
    'Gradient steps on disjoint quarters',
    'The arms above take their 4 steps as passes, each over all rows. The authors’ scripts take theirs on disjoint quarters: each row is read once, and a step reads a quarter of them.',
    bullets(own.map(({ arm }) => `\`${arm}\`: ${armNamed(arm).what}`)),
    bullets(lines),
    armTable(own),
    figure(figures, 'steps.svg', 'Test accuracy by completions, on quarters and by passes'),
  );
}

function weights({ findings: { answers, arms }, figures }: ReportFacts): string {
  const lines = [
    ...answers.schemes.map((found) => effectSentence('Against uniform weights', found)),
    ...[...answers.weights, ...answers.schemes]
      .filter(({ against, byLength }) => against === 'main/replay-only' && byLength.length > 0)
      .map(lengthSentence),
  ];
  if (lines.length === 0) return '';
  const schemes = arms.filter(({ setting }) => setting === 'schemes');
  return section(
    'Weighting schemes, normalised',
    'The paper finds inverse parabola < uniform < linear decay < linear incline < parabola, and the parabola’s gain growing with length.',
    bullets(lines),
    schemes.length > 0 && armTable(schemes),
    figure(figures, 'length.svg', 'Gain over uniform weights by length of reasoning'),
  );
}

const elsewhereQuestions: readonly (readonly [Question, string])[] = [
  ['hard', 'Against the arm before'],
  ['few', 'Against the arm before'],
  ['long', 'Against the arm before'],
  ['stored', 'With stored rollouts'],
];

function elsewhere({ findings: { answers, arms }, figures }: ReportFacts): string {
  const others = arms.filter(({ setting }) => !['main', 'steps', 'schemes'].includes(setting));
  if (others.length === 0) return '';
  const what = settings.filter(({ name }) => others.some(({ setting }) => setting === name));
  const lines = elsewhereQuestions.flatMap(([question, text]) =>
    answers[question].map((found) => effectSentence(text, found)),
  );
  return section(
    'Where replay and shaped weights should matter',
    bullets(what.map(({ name, what: text }) => `\`${name}\`: ${text}`)),
    bullets(lines),
    armTable(others),
    'With 3 seeds an interval is wide: what is called no difference may be one too small to be seen.',
    figure(figures, 'final.svg', 'Final accuracy of every arm'),
  );
}

function learningRates({ findings: { rates } }: ReportFacts): string {
  if (rates.length === 0) return '';
  const rows = rates.flatMap(({ family, chosen, tried }) =>
    tried.map(({ learningRate, average, runs }) => [
      `\`${family}\``,
      `${learningRate}${learningRate === chosen ? ' **chosen**' : ''}`,
      percent(average.value),
      String(runs),
    ]),
  );
  return section(
    'Learning rates',
    'By the mean of all evaluations on validation prompts, which rewards learning soon and staying. `tas-only` takes that of `grpo-8x4-n`, every arm with replay and passes that of `avatar`.',
    table(['arm', 'learning rate', 'accuracy over the run', 'runs'], rows),
  );
}

function method({ findings, fingerprint, machine }: ReportFacts): string {
  const compared = Object.values(findings.answers).flat();
  const pairs = findings.answers.opponent[0]?.pairs ?? 'few';
  return section(
    'How it was measured',
    bullets([
      'All arms start from one policy with an empty buffer (but `own` and `teacher`), which is drawn from as soon as it holds one iteration’s rollouts, draw the same prompts in the same order for a seed, and earn .5 format + .5 accuracy (`hard`: accuracy alone). Greedy accuracy on all test prompts is taken after every iteration; between two, the completions to the target lie on the line between them.',
      'A run that never held the target counts with all it generated in the table (≥), and with the longer budget of the two in a ratio: against it.',
      `Means have Student’s intervals over seeds. Ratios of means have paired bootstrap intervals, too narrow for ${pairs} pairs; “beyond the noise” therefore asks that Student’s interval of the pair-by-pair ratio leaves 1 out, too. Whether an arm helps is judged by accuracy on the way alone; of ${compared.length} comparisons at 95 %, one in twenty differs by chance.`,
      `Final accuracy is the mean of the evaluations over the last ${heldCompletions} completions of each arm’s own budget; “on the way” is the mean over the completions both arms generated. Collapsed: ends ${percent(collapse)} or more below its best, or diverged.`,
      'Phases are gold: the cues that begin evidence and synthesis in the sample’s reasoning give its true boundaries.',
      'The prompts are few and the same for all: a difference holds for these, with this policy of 0.9 million parameters.',
    ]),
    table(
      ['', ''],
      Object.entries({ ...fingerprint, ...machine }).map(([name, value]) => [name, `\`${value}\``]),
    ),
  );
}

function missing({ findings: { missing: jobs } }: ReportFacts): string {
  if (jobs.length === 0) return '';
  return section('Not trained yet', `${jobs.length} runs are missing, and what they would say: ${jobs.join(', ')}.`);
}

const figure = (there: ReadonlySet<string>, file: string, alt: string): string | false =>
  there.has(file) && `![${alt}](${file})`;
