/**
 * How far two or more segmentations of one text agree: on the phase of every character (κ, α), and on where the boundaries are
 * (B, WindowDiff, Pk, as the Python package segeval 2 computes them).
 */
import { t } from '@vscode/l10n';
import { partitionPoint } from './partition-point.ts';

export const agreementMetrics = ['kappa', 'alpha', 'boundarySimilarity', 'windowDiff', 'pk'] as const;
export type AgreementMetric = (typeof agreementMetrics)[number];

interface MetricText {
  label: string;
  /** What it counts, in a sentence. */
  about: string;
  /** WindowDiff and Pk are penalties: 0 is agreement. */
  better: 'higher' | 'lower';
  /** When it has no value. */
  undefinedWhen: string;
}

export const metricTexts: Record<AgreementMetric, MetricText> = {
  kappa: {
    label: 'Cohen’s κ',
    about: t(
      'Agreement on the phase of every character beyond what each annotator’s shares would give by chance: 1 is full, 0 is chance.',
    ),
    better: 'higher',
    undefinedWhen: t('both gave all of the text one and the same phase, so chance agrees as often'),
  },
  alpha: {
    label: 'Krippendorff’s α',
    about: t(
      'The same for any number of annotators, with chance from the shares of all of them: 1 is full, 0 is chance.',
    ),
    better: 'higher',
    undefinedWhen: t('all gave all of the text one and the same phase, so no disagreement was possible'),
  },
  boundarySimilarity: {
    label: 'Boundary Similarity',
    about: t(
      'Share of boundaries at the same unit; one unit apart counts half (Fournier 2013, n_t = 2). 1 is full, 0 is none.',
    ),
    better: 'higher',
    undefinedWhen: t('neither put a boundary inside the text'),
  },
  windowDiff: {
    label: 'WindowDiff',
    about: t(
      'Share of windows that hold another number of boundaries; each annotator is the reference once. A penalty: 0 is full agreement.',
    ),
    better: 'lower',
    undefinedWhen: t('the text has no more units than a window'),
  },
  pk: {
    label: 'Pk',
    about: t(
      'Share of windows whose ends are in one segment for one annotator only; each is the reference once. A penalty: 0 is full agreement.',
    ),
    better: 'lower',
    undefinedWhen: t('the text has no more units than a window'),
  },
};

/**
 * Counts of UTF-16 units by the phases that `a` and `b` (boundaries of one text of `length` units, `phases` − 1 each) give them:
 * entry i · `phases` + j counts those in phase i of `a` and j of `b`. Empty phases count nothing.
 */
export function phaseConfusion(
  length: number,
  a: readonly number[],
  b: readonly number[],
  phases: number,
): Float64Array {
  const counts = new Float64Array(phases * phases);
  let [i, j, at] = [0, 0, 0];
  while (i < phases && j < phases) {
    const [endA, endB] = [a[i] ?? length, b[j] ?? length];
    const end = Math.min(endA, endB);
    counts[i * phases + j] += end - at;
    at = end;
    if (endA === end) i += 1;
    if (endB === end) j += 1;
  }
  return counts;
}

/**
 * Cohen's κ = (p_o − p_e) / (1 − p_e) of a square matrix of counts (Cohen 1960, "A coefficient of agreement for nominal
 * scales"). Null when p_e = 1: nothing is counted, or both always chose one and the same category.
 */
export function cohensKappa(confusion: Float64Array): number | null {
  const size = Math.sqrt(confusion.length);
  const total = sum(confusion);
  let [agreed, chance] = [0, 0];
  for (let i = 0; i < size; i += 1) {
    agreed += confusion[i * size + i];
    let [row, column] = [0, 0];
    for (let j = 0; j < size; j += 1) {
      row += confusion[i * size + j];
      column += confusion[j * size + i];
    }
    chance += row * column;
  }
  // Counts are whole numbers, so that the comparison is exact.
  return chance === total * total ? null : (agreed * total - chance) / (total * total - chance);
}

/** What a pair's confusion adds to a coincidence matrix, where `annotators` labelled the text: each order of the pair, / (m − 1). */
export function addCoincidences(to: Float64Array, confusion: Float64Array, annotators: number): void {
  const size = Math.sqrt(to.length);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      to[i * size + j] += (confusion[i * size + j] + confusion[j * size + i]) / (annotators - 1);
    }
  }
}

/**
 * Krippendorff's α for nominal data, α = 1 − (n − 1) Σ o_ck / Σ n_c n_k over c ≠ k, of a coincidence matrix (Krippendorff,
 * "Computing Krippendorff's alpha-reliability", 2011). Null when only one category was ever chosen.
 */
export function krippendorffsAlpha(coincidences: Float64Array): number | null {
  const size = Math.sqrt(coincidences.length);
  const n = sum(coincidences);
  let [disagreed, chance] = [0, 0];
  for (let i = 0; i < size; i += 1) {
    const row = sum(coincidences.subarray(i * size, (i + 1) * size));
    disagreed += row - coincidences[i * size + i];
    chance += row * (n - row);
  }
  return chance > 0 ? 1 - ((n - 1) * disagreed) / chance : null;
}

/**
 * Where a text of `units` units is cut: the distinct boundaries (unit index at which a phase starts) that are inside it. So an
 * empty phase makes two boundaries one, or drops one at the text's edge, as a list of segment sizes has it.
 */
export function cutsOf(units: number, unitBoundaries: readonly number[]): number[] {
  return unitBoundaries.filter((at, i) => at > 0 && at < units && at !== unitBoundaries[i - 1]);
}

/**
 * Boundary Similarity B of two lists of cuts, with transpositions over n_t = 2 units: 1 − (A + T / 2) / (A + T + M) for A
 * boundaries that only one has, T pairs that are one unit apart and M that both have (Fournier 2013, "Evaluating Text
 * Segmentation using Boundary Edit Distance"; pairs found from the left, as segeval does). Null when there is no cut at all.
 */
export function boundarySimilarity(a: readonly number[], b: readonly number[]): number | null {
  const [inA, inB] = [new Set(a), new Set(b)];
  const matches = a.filter((at) => inB.has(at)).length;
  const lone = [...a.filter((at) => !inB.has(at)), ...b.filter((at) => !inA.has(at))].sort((x, y) => x - y);
  let transpositions = 0;
  for (let i = 0; i + 1 < lone.length; i += 1) {
    if (lone[i + 1] !== lone[i] + 1 || inA.has(lone[i]) === inA.has(lone[i + 1])) continue;
    transpositions += 1;
    i += 1;
  }
  const additions = lone.length - 2 * transpositions;
  const all = additions + transpositions + matches;
  return all === 0 ? null : 1 - (additions + transpositions / 2) / all;
}

/**
 * WindowDiff of cuts of a text of `units` units: the share of windows in which the numbers of boundaries differ (Pevzner and
 * Hearst 2002). Windows are half the reference's mean segment long, so the order matters. Null when the text is no longer
 * than a window.
 */
export function windowDiff(units: number, hypothesis: readonly number[], reference: readonly number[]): number | null {
  return differingWindows(units, hypothesis, reference, (h, r) => h !== r);
}

/** Pk: the share of the same windows whose two ends are in one segment for one of them only (Beeferman and others 1999). */
export function pk(units: number, hypothesis: readonly number[], reference: readonly number[]): number | null {
  return differingWindows(units, hypothesis, reference, (h, r) => h > 0 !== r > 0);
}

/** Half the mean segment of a reference, rounded half to even, at least 2 (segeval's `compute_window_size`). */
export function windowSize(units: number, reference: readonly number[]): number {
  const half = units / (2 * (reference.length + 1));
  const down = Math.floor(half);
  const rounded = half - down === 0.5 ? down + (down % 2) : Math.round(half);
  return Math.max(rounded, 2);
}

/** The share of windows, from unit i to unit i + size, whose numbers of boundaries `differ`. A stretch between changes counts at once. */
function differingWindows(
  units: number,
  hypothesis: readonly number[],
  reference: readonly number[],
  differ: (hypothesis: number, reference: number) => boolean,
): number | null {
  const size = windowSize(units, reference);
  const windows = units - size;
  if (windows <= 0) return null;
  const inWindow = (cuts: readonly number[], from: number): number =>
    partitionPoint(cuts, (cut) => cut <= from + size) - partitionPoint(cuts, (cut) => cut <= from);
  // A boundary enters the window that starts `size` before it and leaves the one that starts at it.
  const changes = [...hypothesis, ...reference].flatMap((cut) => [cut - size, cut]);
  const edges = [0, ...changes.filter((at) => at > 0 && at < windows).sort((x, y) => x - y), windows];
  let differing = 0;
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const from = edges[i];
    if (differ(inWindow(hypothesis, from), inWindow(reference, from))) differing += edges[i + 1] - from;
  }
  return differing / windows;
}

function sum(values: Float64Array): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
