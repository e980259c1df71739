/** The sample dataset: which clips there are, in which split, and the questions asked about each. */
import { type Prompt, type Split, splits } from '../../src/domain/rollout.ts';
import type { ClipKind } from './clip.ts';
import { Dice } from './dice.ts';
import { type Family, type Question, families, familyTraits, questionsOf } from './question.ts';
import { type Appearance, type Scene, type Sounding, makeScene } from './scene.ts';

export interface Clip {
  /** "clips/001.mp4", relative to dataset.jsonl. */
  path: string;
  split: Split;
  kind: ClipKind;
  scene: Scene;
  questions: Question[];
}

/** One line of dataset.jsonl: a prompt, and the truth it was made from. */
export interface DatasetRow extends Omit<Prompt, 'id'> {
  category: Family;
  events: (Appearance | Sounding)[];
}

const clipsOf: Record<Split, number> = { train: 40, validation: 36, test: 20 };
const hardKinds: ClipKind[] = ['aac', 'silent', 'variable-rate', 'portrait'];
const questionsPerClip = 4;

/** The clips of the project: 96 plain ones over the three splits and one of each hard kind among the training ones. */
export function makeClips(seed: number): Clip[] {
  const chance = new Dice(seed, 'clips');
  const wanted: Pick<Clip, 'split' | 'kind'>[] = splits.flatMap((split) =>
    Array.from({ length: clipsOf[split] }, () => ({ split, kind: 'plain' as const })),
  );
  wanted.push(...hardKinds.map((kind) => ({ split: 'train' as const, kind })));
  return wanted.map(({ split, kind }, i) => {
    const scene = makeScene(chance, drawLength(chance));
    if (kind === 'silent') silence(scene);
    const path = `clips/${String(i + 1).padStart(3, '0')}.mp4`;
    return { path, split, kind, scene, questions: drawQuestions(chance, scene, questionsPerClip) };
  });
}

/** A clip's length in seconds: 5 to 8 mostly, 4 to 12 in all. */
export function drawLength(chance: Dice): number {
  return chance.chance(0.88) ? chance.int(5, 8) : chance.pick([4, 4, 9, 10, 11, 12]);
}

/** Up to `count` questions of different families. A count of none is asked for less often: it says little. */
export function drawQuestions(chance: Dice, scene: Scene, count: number): Question[] {
  const drawn: Question[] = [];
  for (const family of chance.shuffle(families)) {
    const candidates = questionsOf(scene, family).filter(({ answer }) => {
      return !family.startsWith('count') || answer !== '0' || chance.chance(0.3);
    });
    if (drawn.length < count && candidates.length > 0) drawn.push(chance.pick(candidates));
  }
  return drawn;
}

/** What a teacher would say to one who keeps failing such a question. */
export function hintFor(family: Family): string {
  switch (family) {
    case 'count-sound':
    case 'count-shapes':
      return 'Count each start once, not each second.';
    case 'which-first':
      return 'Compare the two times with care.';
    case 'colour-at-sound':
    case 'when-sound':
    case 'when-shape':
    case 'first-colour':
      return 'Look for the first time, not the last.';
  }
}

/** The rows of dataset.jsonl. */
export function datasetRows(clips: readonly Clip[]): DatasetRow[] {
  return clips.flatMap(({ path, split, scene, questions }) =>
    questions.map(({ family, text, options, answer }) => ({
      sourceId: `${path.slice('clips/'.length, -'.mp4'.length)}-${family}`,
      dataset: 'sample',
      question: text,
      options,
      answer,
      ...familyTraits[family],
      video: path,
      audio: null,
      hint: hintFor(family),
      split,
      category: family,
      events: [...scene.shapes, ...scene.sounds],
    })),
  );
}

function silence(scene: Scene): void {
  scene.sounds = [];
  scene.tones.fill(null);
}
