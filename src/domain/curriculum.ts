/** The curriculum: RL stages one after the other on one model, each with its own prompts and rewards (AVATAR, "Curriculum"). */
import { stages as allStages, type Stage } from './rollout.ts';

/** A stage and how many iterations it takes. */
export interface StageLength {
  stage: Stage;
  steps: number;
}

/** The iterations `first` to `last` of a run, counted from 1, that draw their prompts from one stage; null is from all. */
export interface StageSpan {
  stage: Stage | null;
  /** Among the run's spans, from 1. */
  place: number;
  first: number;
  last: number;
}

/** What of a run's configuration says it. */
interface Staged {
  steps: number;
  stage: Stage | null;
  stages: StageLength[];
}

/** The stages of a run in order; a run without a curriculum is one span. */
export function stageSpans({ steps, stage, stages }: Staged): StageSpan[] {
  if (stages.length === 0) return [{ stage, place: 1, first: 1, last: steps }];
  let last = 0;
  return stages.map((one, i) => ({ stage: one.stage, place: i + 1, first: last + 1, last: (last += one.steps) }));
}

/** The span that `iteration`, from 1, lies in. */
export function spanAt(config: Staged, iteration: number): StageSpan {
  return stageSpans(config).find(({ last }) => iteration <= last)!;
}

/** `config` as a run of these stages. */
export function inStages<Config extends Staged>(config: Config, stages: StageLength[]): Config {
  return { ...config, stage: null, stages, steps: stages.reduce((sum, { steps }) => sum + steps, 0) };
}

/** `config` with the iterations that are left after `iteration`; with all of them where none is. */
export function remaining<Config extends Staged>(config: Config, iteration: number): Config {
  if (iteration >= config.steps) return config;
  if (config.stages.length === 0) return { ...config, steps: config.steps - iteration };
  const spans = stageSpans(config);
  const left = config.stages.map(({ stage }, i) => ({
    stage,
    steps: spans[i].last - Math.max(spans[i].first - 1, iteration),
  }));
  return inStages(
    config,
    left.filter(({ steps }) => steps > 0),
  );
}

/** Every stage in the paper's order, `steps` iterations in all as evenly as they go. */
export function evenStages(iterations: number): StageLength[] {
  return allStages.map((stage, i) => ({ stage, steps: Math.floor((iterations + i) / allStages.length) }));
}

/** "visual:4,audio-visual:4": each stage once, with its iterations. Throws an Error that says how to write it. */
export function parseStages(text: string): StageLength[] {
  const found = text.split(',').map((item) => {
    const [name, count, ...rest] = item.split(':').map((part) => part.trim());
    const stage = allStages.find((one) => one === name);
    if (stage === undefined || rest.length > 0 || !/^[1-9]\d*$/.test(count ?? '')) {
      throw new Error(`“${item.trim()}” is not a stage with its iterations: write ${stagesText(evenStages(12))}`);
    }
    return { stage, steps: Number(count) };
  });
  const twice = found.find(({ stage }, i) => found.findIndex((one) => one.stage === stage) < i);
  if (twice) throw new Error(`stage ${twice.stage} is named twice`);
  return found;
}

/** As `parseStages` reads it. */
export function stagesText(stages: readonly StageLength[]): string {
  return stages.map(({ stage, steps }) => `${stage}:${steps}`).join(',');
}
