/** Questions about a scene, with their true answers and the answer a certain wrong habit would give. */
import type { ProblemType, Stage } from '../../src/domain/rollout.ts';
import { type Colour, type Scene, type Tone, colours, tones } from './scene.ts';

export const families = [
  'count-sound',
  'colour-at-sound',
  'which-first',
  'when-sound',
  'when-shape',
  'first-colour',
  'count-shapes',
] as const;
export type Family = (typeof families)[number];

/** Where each family belongs in the curriculum and how its answer is scored. */
export const familyTraits: Record<Family, { stage: Stage; problemType: ProblemType }> = {
  'count-sound': { stage: 'audio-visual', problemType: 'numerical' },
  'colour-at-sound': { stage: 'audio-visual', problemType: 'multiple-choice' },
  'which-first': { stage: 'audio-visual', problemType: 'multiple-choice' },
  'when-sound': { stage: 'localisation', problemType: 'numerical' },
  'when-shape': { stage: 'localisation', problemType: 'numerical' },
  'first-colour': { stage: 'visual', problemType: 'multiple-choice' },
  'count-shapes': { stage: 'visual', problemType: 'numerical' },
};

/**
 * One question about one scene. `habit` is what a reader answers who confuses seconds with onsets, the last with the
 * first, or before with after; it may happen to be right.
 */
export interface Question {
  family: Family;
  /** The tone asked about; null in purely visual questions. */
  tone: Tone | null;
  /** The colour asked about; null where none is named. */
  colour: Colour | null;
  text: string;
  options: string[];
  answer: string;
  habit: string;
}

const letters = ['A', 'B', 'C', 'D'];
const colourOptions = colours.map((colour, i) => `${letters[i]} ${colour}`);
const letterOf = (colour: Colour): string => letters[colours.indexOf(colour)];

/** Seconds at which `value` begins. */
export function onsets<T>(track: readonly (T | null)[], value: T): number[] {
  return secondsOf(track, value).filter((second) => second === 0 || track[second - 1] !== value);
}

/** Seconds during which `value` is there. */
export function secondsOf<T>(track: readonly (T | null)[], value: T): number[] {
  return track.flatMap((here, second) => (here === value ? [second] : []));
}

/** Every question of `family` that `scene` can answer. */
export function questionsOf(scene: Scene, family: Family): Question[] {
  switch (family) {
    case 'count-sound':
      return tones.map((tone) =>
        counting(family, `How many times does the ${tone} tone start?`, scene.tones, tone, { tone, colour: null }),
      );
    case 'count-shapes':
      return colours.map((colour) =>
        counting(family, `How many times does a ${colour} shape enter?`, scene.colours, colour, { tone: null, colour }),
      );
    case 'when-sound':
      return tones
        .filter((tone) => scene.tones.includes(tone))
        .map((tone) =>
          timing(family, `At which second does the ${tone} tone first start?`, scene.tones, tone, {
            tone,
            colour: null,
          }),
        );
    case 'when-shape':
      return colours
        .filter((colour) => scene.colours.includes(colour))
        .map((colour) =>
          timing(family, `At which second does a ${colour} shape first enter?`, scene.colours, colour, {
            tone: null,
            colour,
          }),
        );
    case 'first-colour':
      return firstColour(scene);
    case 'colour-at-sound':
      return tones.flatMap((tone) => colourAtSound(scene, tone));
    case 'which-first':
      return tones.flatMap((tone) => colours.flatMap((colour) => whichFirst(scene, tone, colour)));
  }
}

type Subject = Pick<Question, 'tone' | 'colour'>;

function counting<T>(family: Family, text: string, track: (T | null)[], value: T, subject: Subject): Question {
  const answer = String(onsets(track, value).length);
  return { family, ...subject, text, options: [], answer, habit: String(secondsOf(track, value).length) };
}

function timing<T>(family: Family, text: string, track: (T | null)[], value: T, subject: Subject): Question {
  const answer = String(onsets(track, value)[0]);
  return { family, ...subject, text, options: [], answer, habit: String(secondsOf(track, value).at(-1)) };
}

function firstColour(scene: Scene): Question[] {
  const shown = scene.colours.filter((colour) => colour !== null);
  if (shown.length === 0) return [];
  return [
    {
      family: 'first-colour',
      tone: null,
      colour: null,
      text: 'Which colour is on screen first?',
      options: colourOptions,
      answer: letterOf(shown[0]),
      habit: letterOf(shown[shown.length - 1]),
    },
  ];
}

/** Asked only where a colour is on screen both at the first onset and in the tone's last second. */
function colourAtSound(scene: Scene, tone: Tone): Question[] {
  const heard = secondsOf(scene.tones, tone);
  if (heard.length === 0) return [];
  const first = scene.colours[heard[0]];
  const last = scene.colours[heard[heard.length - 1]];
  if (first === null || last === null) return [];
  return [
    {
      family: 'colour-at-sound',
      tone,
      colour: null,
      text: `Which colour is on screen when the ${tone} tone first starts?`,
      options: colourOptions,
      answer: letterOf(first),
      habit: letterOf(last),
    },
  ];
}

function whichFirst(scene: Scene, tone: Tone, colour: Colour): Question[] {
  const heard = scene.tones.indexOf(tone);
  const seen = scene.colours.indexOf(colour);
  if (heard < 0 || seen < 0 || heard === seen) return [];
  return [
    {
      family: 'which-first',
      tone,
      colour,
      text: `What comes first, the ${tone} tone or the ${colour} shape?`,
      options: [`A the ${tone} tone`, `B the ${colour} shape`],
      answer: heard < seen ? 'A' : 'B',
      habit: heard < seen ? 'B' : 'A',
    },
  ];
}
