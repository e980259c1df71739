/** How far each annotator has come with each dataset. */
import { durationText } from './progress.ts';
import { quantile } from './statistics.ts';

/** What an annotator did of the rollouts of a dataset. */
export interface DoneRollouts {
  annotator: string;
  dataset: string;
  labelled: number;
  submitted: number;
  skipped: number;
  flagged: number;
  /** Labelled or skipped: the queue of the unlabelled has them no more. */
  finished: number;
  /** Of each that was submitted, from the first edit of its label on, in ms. */
  times: number[];
}

export interface Progress {
  labelled: number;
  submitted: number;
  skipped: number;
  flagged: number;
  left: number;
  /** From the first edit of a label to its submission, in ms; null where no rollout has both. */
  medianMs: number | null;
}

export interface AnnotatorProgress {
  annotator: string;
  all: Progress;
  /** Every dataset, by name. */
  datasets: (Progress & { dataset: string })[];
}

/** What was done of how many rollouts, by annotator. */
export function progressOf(
  done: readonly DoneRollouts[],
  datasets: readonly { dataset: string; rollouts: number }[],
): AnnotatorProgress[] {
  const whole = datasets.reduce((sum, { rollouts }) => sum + rollouts, 0);
  const names = [...new Set(done.map(({ annotator }) => annotator))].sort();
  return names.map((annotator) => {
    const own = done.filter((one) => one.annotator === annotator);
    return {
      annotator,
      all: summed(own, whole),
      datasets: datasets.map(({ dataset, rollouts }) => {
        const within = own.filter((one) => one.dataset === dataset);
        return { dataset, ...summed(within, rollouts) };
      }),
    };
  });
}

function summed(done: readonly DoneRollouts[], rollouts: number): Progress {
  const sum = (name: 'labelled' | 'submitted' | 'skipped' | 'flagged' | 'finished'): number =>
    done.reduce((total, one) => total + one[name], 0);
  const times = done.flatMap((one) => one.times);
  return {
    ...{ labelled: sum('labelled'), submitted: sum('submitted'), skipped: sum('skipped'), flagged: sum('flagged') },
    left: rollouts - sum('finished'),
    medianMs: times.length === 0 ? null : quantile(times, 0.5),
  };
}

/** Counts of a progress, in the order in which they are told. */
export const progressFigures = ['labelled', 'submitted', 'skipped', 'flagged', 'left'] as const;

/** "1 min 20 s"; "–" where nothing was measured. */
export const medianText = ({ medianMs }: Progress): string => (medianMs === null ? '–' : durationText(medianMs));
