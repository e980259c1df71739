/** Endless supervised examples for the cold start: scenes never made into clips, questions about them, and reasoning to imitate. */
import { promptText } from '../../src/domain/prompt-text.ts';
import { type Features, featuresOf, frameRate, frameSize, soundRate } from '../../src/video/features.ts';
import { drawQuestions, hintFor } from './dataset.ts';
import type { Dice } from './dice.ts';
import { goldBoundaries } from './phases.ts';
import { renderFrames, renderSound } from './render.ts';
import { type Scene, makeScene } from './scene.ts';
import { habitRate, writeTrace } from './trace.ts';

export interface Lesson {
  features: Features;
  prompt: string;
  completion: string;
  /** UTF-16 offset in the completion at which its conclusion begins. */
  conclusion: number;
}

export interface Rendered {
  scene: Scene;
  features: Features;
}

/** How far a lesson's features stray from the rendered ones (standard deviation), so that what is learnt holds for decoded clips. */
const noise = 0.3;
/** Share of lessons with the hint before the question, and how much rarer the wrong habit is in them. */
const hinted = 0.1;
const hintedHabit = 0.15;

/** The scene with the features a clip of it would give. */
export function rendered(scene: Scene): Rendered {
  return { scene, features: featuresOf(renderFrames(scene, frameSize, frameRate), renderSound(scene, soundRate)) };
}

/** `count` rendered scenes of `lengths` seconds. */
export function renderScenes(chance: Dice, count: number, lengths: readonly number[]): Rendered[] {
  return Array.from({ length: count }, () => rendered(makeScene(chance, chance.pick(lengths))));
}

/**
 * One question about one of `scenes`, answered rightly or, as often as the habit has it, wrongly; with conclusions to up to
 * `drills` other questions before it.
 */
export function drawLesson(chance: Dice, scenes: readonly Rendered[], drills = 0): Lesson {
  const { scene, features } = chance.pick(scenes);
  const [question] = drawQuestions(chance, scene, 1);
  const hint = chance.chance(hinted) ? hintFor(question.family) : null;
  const wrong = chance.chance(habitRate(question) * (hint === null ? 1 : hintedHabit));
  const others = drills > 0 ? drawQuestions(chance, scene, drills) : [];
  const completion = writeTrace(scene, question, wrong, chance, others);
  const strayed = (values: Float32Array): Float32Array => values.map((value) => value + noise * chance.normal());
  return {
    features: { ...features, frames: strayed(features.frames), mels: strayed(features.mels) },
    prompt: promptText({ question: question.text, options: question.options }, { system: null, hint }),
    completion,
    conclusion: goldBoundaries(completion)![1],
  };
}
