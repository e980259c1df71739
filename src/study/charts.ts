/** The report's figures as SVG, drawn by Vega without a browser. */
import type { Config, TopLevelSpec } from 'vega-lite';
import { advantageBins, finalAccuracy, reached, type StudyRun } from './measured.ts';
import { meanEstimate, type Estimate } from '../domain/statistics.ts';
import type { Findings } from './findings.ts';

const width = 640;
/** Arms whose curves are drawn: of the main setting, and of those on quarters beside the passes. */
const mainArms = ['grpo-8x8-1', 'grpo-8x8-n', 'grpo-8x4-n', 'replay-only', 'avatar', 'avatar-phase-warped'];
const stepArms = ['grpo-8x8-n', 'grpo-8x8-quarters', 'grpo-8x4-n', 'grpo-8x4-quarters', 'avatar', 'avatar-quarters'];
const config: Config = {
  background: 'white',
  font: 'sans-serif',
  axis: {
    grid: true,
    labelLimit: 240,
    gridColor: '#e8e8e8',
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
  legend: { labelFontSize: 11, labelLimit: 200, symbolOpacity: 1, title: null },
  header: { labelFontSize: 12, title: null },
  range: { category: ['#7f7f7f', '#4c78a8', '#72b7b2', '#54a24b', '#e45756', '#b279a2'] },
};

const percentAxis = { format: '.0%' } as const;

/** Every figure that the runs allow, by file name. Throws an Error that says what to do when Vega is not installed. */
export async function figures(runs: readonly StudyRun[], findings: Findings): Promise<Map<string, string>> {
  const specs: [string, TopLevelSpec | null][] = [
    ['curves.svg', curves(runs, findings, mainArms)],
    ['steps.svg', runs.some(({ setting }) => setting === 'steps') ? curves(runs, findings, stepArms) : null],
    ['target.svg', toTarget(runs, findings)],
    ['final.svg', finals(runs, findings)],
    ['advantages.svg', advantages(runs)],
    ['length.svg', byLength(findings)],
  ];
  const given = specs.filter((entry): entry is [string, TopLevelSpec] => entry[1] !== null);
  return new Map(await Promise.all(given.map(async ([name, spec]) => [name, await svg(spec)] as const)));
}

async function svg(spec: TopLevelSpec): Promise<string> {
  // Not in the extension's package: a study is made from the checkout.
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]).catch(() => {
    throw new Error('figures are drawn by vega and vega-lite, which are not installed here: run npm install first');
  });
  const compiled = lite.compile({ ...spec, config }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Test accuracy by completions on all training prompts: the mean over seeds and its interval. */
function curves(runs: readonly StudyRun[], { target }: Findings, drawn: readonly string[]): TopLevelSpec | null {
  const chosen = runs.filter(({ setting, arm }) => ['main', 'steps'].includes(setting) && drawn.includes(arm));
  if (chosen.length === 0) return null;
  const points = [...Map.groupBy(chosen, ({ arm }) => arm)].flatMap(([arm, group]) =>
    group[0].evaluations.map(({ completions }, i) => {
      const found = group.flatMap(({ evaluations }) => evaluations[i]?.accuracy ?? []);
      return { arm, completions, ...plain(meanEstimate(found)) };
    }),
  );
  const x = {
    field: 'completions',
    type: 'quantitative',
    title: 'completions generated',
    scale: { type: 'sqrt' },
  } as const;
  const y = { title: 'accuracy on test prompts', axis: percentAxis, scale: { zero: false } } as const;
  const color = { field: 'arm', type: 'nominal', sort: [...drawn] } as const;
  return {
    ...{ width, height: 340, data: { values: points } },
    layer: [
      {
        mark: { type: 'area', opacity: 0.13 },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative', ...y },
          y2: { field: 'high' },
          color,
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: { x, y: { field: 'value', type: 'quantitative', ...y }, color },
      },
      { mark: { type: 'rule', strokeDash: [5, 4], color: '#333' }, encoding: { y: { datum: target } } },
    ],
  };
}

/** Completions to the held target: every seed, the mean and its interval; open marks never held it. */
function toTarget(runs: readonly StudyRun[], { arms, target }: Findings): TopLevelSpec | null {
  const main = arms.filter(
    ({ setting, completions }) => ['main', 'steps', 'schemes'].includes(setting) && completions.value > 0,
  );
  if (main.length === 0) return null;
  const seeds = runs
    .filter(({ setting, arm }) => main.some((one) => one.setting === setting && one.arm === arm))
    .map((run) => {
      const at = reached(run, target, 'completions');
      return { arm: run.arm, completions: at ?? run.evaluations.at(-1)!.completions, held: at !== null };
    });
  const means = main.map(({ arm, completions }) => ({ arm, ...plain(completions), low: Math.max(completions.low, 0) }));
  const y = { field: 'arm', type: 'nominal', title: null, sort: main.map(({ arm }) => arm) } as const;
  const x = {
    type: 'quantitative',
    title: 'completions generated until the target was held',
    scale: { type: 'sqrt' },
  } as const;
  return {
    ...{ width, height: { step: 24 } },
    layer: [
      {
        data: { values: means },
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      {
        data: { values: means },
        mark: { type: 'tick', thickness: 3, size: 14, color: '#222' },
        encoding: { y, x: { field: 'value', ...x } },
      },
      {
        data: { values: seeds },
        mark: { type: 'point', size: 45, opacity: 0.8 },
        encoding: {
          ...{ y, x: { field: 'completions', ...x } },
          fill: { condition: { test: 'datum.held', value: '#4c78a8' }, value: 'white' },
        },
      },
    ],
  };
}

/** Final accuracy of every arm of every setting: seeds, mean and interval. */
function finals(runs: readonly StudyRun[], { arms, coldAccuracy }: Findings): TopLevelSpec | null {
  if (arms.length === 0) return null;
  const name = ({ setting, arm }: { setting: string; arm: string }): string => `${setting}/${arm}`;
  const means = arms.map((arm) => ({ name: name(arm), ...plain(arm.final) }));
  const seeds = runs.map((run) => ({ name: name(run), value: finalAccuracy(run) }));
  const y = { field: 'name', type: 'nominal', title: null, sort: arms.map(name) } as const;
  const x = {
    type: 'quantitative',
    title: 'final accuracy on test prompts',
    axis: percentAxis,
    scale: { zero: false },
  } as const;
  return {
    ...{ width, height: { step: 18 } },
    layer: [
      {
        data: { values: means },
        mark: { type: 'rule', strokeWidth: 2, clip: true },
        encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      {
        data: { values: means },
        mark: { type: 'tick', thickness: 3, size: 12, color: '#222' },
        encoding: { y, x: { field: 'value', ...x } },
      },
      {
        data: { values: seeds },
        mark: { type: 'point', size: 35, filled: true, opacity: 0.6 },
        encoding: { y, x: { field: 'value', ...x } },
      },
      { mark: { type: 'rule', strokeDash: [5, 4], color: '#999' }, encoding: { x: { datum: coldAccuracy } } },
    ],
  };
}

/** Advantages of what the arms learnt from, as shares of all their rows. */
function advantages(runs: readonly StudyRun[]): TopLevelSpec | null {
  const shown = [
    ['grpo-8x8-1', 'fresh'],
    ['grpo-8x4-n', 'fresh'],
    ['avatar', 'fresh'],
    ['avatar', 'replayed'],
  ] as const;
  const { low, high, count } = advantageBins;
  const step = (high - low) / count;
  const bars = shown.flatMap(([arm, kind]) => {
    const counts = runs.flatMap((run) => (run.setting === 'main' && run.arm === arm ? [run.advantages[kind]] : []));
    const total = counts.reduce((sum, one) => sum + one.total, 0);
    return Array.from({ length: total === 0 ? 0 : count }, (_, bin) => ({
      ...{ of: `${arm}, ${kind}`, low: low + bin * step, high: low + (bin + 1) * step },
      share: counts.reduce((sum, { bins }) => sum + bins[bin], 0) / total,
    }));
  });
  if (bars.length === 0) return null;
  return {
    data: { values: bars },
    facet: { field: 'of', type: 'nominal', sort: shown.map(([arm, kind]) => `${arm}, ${kind}`) },
    columns: 2,
    spec: {
      ...{ width: width / 2 - 20, height: 120, mark: { type: 'bar', color: '#4c78a8' } },
      encoding: {
        x: {
          field: 'low',
          type: 'quantitative',
          bin: { binned: true, step },
          title: 'advantage',
          axis: { values: [-3, -2, -1, 0, 1, 2, 3] },
        },
        x2: { field: 'high' },
        y: { field: 'share', type: 'quantitative', title: 'share of rows', axis: percentAxis },
      },
    },
  };
}

/** What weights add to uniform ones, by the length of the reasoning. */
function byLength({ answers }: Findings): TopLevelSpec | null {
  const thirds = ['short', 'middle', 'long'];
  const points = [...answers.weights, ...answers.schemes]
    .filter(({ against }) => against === 'main/replay-only')
    .flatMap(({ arm, byLength: differences }) =>
      differences.map((one, third) => ({ arm: arm.slice(arm.indexOf('/') + 1), length: thirds[third], ...plain(one) })),
    );
  if (points.length === 0) return null;
  const x = {
    field: 'length',
    type: 'ordinal',
    sort: thirds,
    title: 'reasoning of the cold start',
    axis: { labelAngle: 0 },
  } as const;
  const y = { type: 'quantitative', title: 'accuracy above uniform weights', axis: { format: '+.0%' } } as const;
  const xOffset = { field: 'arm' } as const;
  const color = { field: 'arm', type: 'nominal' } as const;
  return {
    ...{ width, height: 260, data: { values: points } },
    layer: [
      { mark: { type: 'rule' }, encoding: { x, xOffset, color, y: { field: 'low', ...y }, y2: { field: 'high' } } },
      { mark: { type: 'point', filled: true, size: 55 }, encoding: { x, xOffset, color, y: { field: 'value', ...y } } },
      { mark: { type: 'rule', color: '#333' }, encoding: { y: { datum: 0 } } },
    ],
  };
}

/** An estimate that JSON and Vega can hold: of one seed the interval is the value. */
function plain({ value, low, high }: Estimate): { value: number; low: number; high: number } {
  return Number.isNaN(low) ? { value, low: value, high: value } : { value, low, high };
}
