/** Reasoning about a scene as the cold-start policy learns to write it: a plan, one statement a second, a conclusion, the answer. */
import type { Dice } from './dice.ts';
import { type Family, type Question, families, onsets, secondsOf } from './question.ts';
import { type Scene, colours, tones } from './scene.ts';

/** 75 → "1:15". */
export function clock(second: number): string {
  return `${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}`;
}

const plans: Record<Family, readonly string[]> = {
  'count-sound': ['First I listen for every start of the THING.', 'I need to count how often the THING starts.'],
  'colour-at-sound': [
    'First I listen for the THING, then I look at the screen.',
    'I need to find when the THING starts.',
  ],
  'which-first': ['I need to compare the THING and the shape.', 'First I find the THING, then the shape.'],
  'when-sound': ['First I listen for the THING.', 'I need to find when the THING starts.'],
  'when-shape': ['First I look for the THING.', 'I need to find when the THING enters.'],
  'first-colour': ['First I look at the screen.', 'I need to find the first colour.'],
  'count-shapes': ['First I look for every THING.', 'I need to count how often the THING enters.'],
};
const generalPlans = ['Let me watch and listen to each second.', 'Let me check the screen and the sound.'] as const;

/**
 * What one second shows and sounds: "At 0:03 red enters, low starts." A colour or tone that comes back says so ("returns",
 * "restarts"), so that the first time of each is one look-up away.
 */
export function evidence(scene: Scene, second: number): string {
  const colour = scene.colours[second];
  const tone = scene.tones[second];
  const enters = onset(scene.colours, second, ['enters', 'returns']);
  const starts = onset(scene.tones, second, ['starts', 'restarts']);
  return `At ${clock(second)} ${colour ?? 'dark'}${enters}, ${tone ?? 'silent'}${starts}.`;
}

/** The verb of what begins at `second`, by whether it does so for the first time; nothing when it only goes on. */
function onset<Event>(events: readonly (Event | null)[], second: number, [first, again]: [string, string]): string {
  const event = events[second];
  if (event === null || event === events[second - 1]) return '';
  return ` ${events.indexOf(event) === second ? first : again}`;
}

/** The conclusion drawn from the evidence, rightly or by the wrong habit. */
function synthesis(scene: Scene, question: Question, wrong: boolean): string {
  const { tone, colour } = question;
  switch (question.family) {
    case 'count-sound':
      return counted(tone!, wrong ? 'sounds' : 'starts', (wrong ? secondsOf : onsets)(scene.tones, tone!));
    case 'count-shapes':
      return counted(colour!, wrong ? 'shows' : 'enters', (wrong ? secondsOf : onsets)(scene.colours, colour!));
    case 'when-sound':
      return wrong
        ? `So ${tone} last sounds at ${clock(scene.tones.lastIndexOf(tone))}.`
        : `So ${tone} starts at ${clock(scene.tones.indexOf(tone))}.`;
    case 'when-shape':
      return wrong
        ? `So ${colour} last shows at ${clock(scene.colours.lastIndexOf(colour))}.`
        : `So ${colour} enters at ${clock(scene.colours.indexOf(colour))}.`;
    case 'first-colour': {
      const shown = scene.colours.flatMap((here, second) => (here === null ? [] : [second]));
      const second = wrong ? shown[shown.length - 1] : shown[0];
      return `So the ${wrong ? 'last' : 'first'} colour at ${clock(second)} is ${scene.colours[second]}.`;
    }
    case 'colour-at-sound': {
      const second = wrong ? scene.tones.lastIndexOf(tone) : scene.tones.indexOf(tone);
      return `So ${tone} ${wrong ? 'last sounds' : 'starts'} at ${clock(second)} and the screen is ${scene.colours[second]}.`;
    }
    case 'which-first': {
      const heard = scene.tones.indexOf(tone);
      const seen = scene.colours.indexOf(colour);
      const order = heard < seen !== wrong ? 'before' : 'after';
      return `So ${tone} starts at ${clock(heard)} ${order} ${colour} enters at ${clock(seen)}.`;
    }
  }
}

function counted(subject: string, verb: string, seconds: number[]): string {
  if (seconds.length === 0) return `So ${subject} never ${verb} and the count is 0.`;
  return `So ${subject} ${verb} at ${seconds.map(clock).join(' and ')} and the count is ${seconds.length}.`;
}

/**
 * How often the taught habit is wrong, by family and by the tone or colour asked about. A habit as common as this survives
 * training as the policy's favourite, while its right alternative stays likely enough to be sampled: that is the room
 * reinforcement learning needs.
 */
export function habitRate({ family, tone, colour }: Question): number {
  const subject = tone !== null ? tones.indexOf(tone) : colour !== null ? colours.indexOf(colour) : 0;
  return habitRates[(families.indexOf(family) + subject) % habitRates.length];
}
const habitRates = [0.25, 0.6, 0.68];

/**
 * A whole completion for `question`; `wrong` follows the habit instead of the evidence. `drills` are other questions whose
 * conclusions are drawn first, rightly or by the habit.
 */
export function writeTrace(
  scene: Scene,
  question: Question,
  wrong: boolean,
  chance: Dice,
  drills: readonly Question[] = [],
): string {
  const thing = question.tone !== null ? `${question.tone} tone` : `${question.colour} shape`;
  const plan = chance.pick([...plans[question.family], ...generalPlans]).replace('THING', thing);
  const statements = scene.tones.map((_, second) => evidence(scene, second)).join(' ');
  const drilled = drills.map((other) => `${synthesis(scene, other, chance.chance(0.5))} `).join('');
  const answer = wrong ? question.habit : question.answer;
  return `<think>${plan} ${statements} ${drilled}${synthesis(scene, question, wrong)}</think><answer>${answer}</answer>`;
}
