/** A scene: each second one colour on screen or none, and one tone or none. Everything a clip shows, sounds and asks follows from it. */
import type { Dice } from './dice.ts';

export const colours = ['red', 'green', 'blue', 'yellow'] as const;
export type Colour = (typeof colours)[number];
export const tones = ['low', 'mid', 'high'] as const;
export type Tone = (typeof tones)[number];
export const forms = ['circle', 'square', 'triangle'] as const;
export type Form = (typeof forms)[number];

/** The shape at the middle of one second of its stay, in units of the frame's width and height. */
export interface Waypoint {
  x: number;
  y: number;
}

/** A shape on screen for whole seconds: it enters at `start`, moves through one waypoint a second, and is gone at `end`. */
export interface Appearance {
  kind: 'shape';
  colour: Colour;
  form: Form;
  start: number;
  end: number;
  path: Waypoint[];
}

/** A tone that sounds from second `start` until second `end`. */
export interface Sounding {
  kind: 'tone';
  tone: Tone;
  start: number;
  end: number;
}

export interface Scene {
  seconds: number;
  /** The colour on screen in each second. */
  colours: (Colour | null)[];
  /** The tone heard in each second. */
  tones: (Tone | null)[];
  shapes: Appearance[];
  sounds: Sounding[];
}

/** A scene of `seconds` seconds. */
export function makeScene(chance: Dice, seconds: number): Scene {
  const shapes = runs(chance, seconds, colours, 0.25).map(({ value, start, end }): Appearance => {
    const path = Array.from({ length: end - start }, () => ({
      x: chance.int(24, 76) / 100,
      y: chance.int(28, 72) / 100,
    }));
    return { kind: 'shape', colour: value, form: chance.pick(forms), start, end, path };
  });
  const sounds = runs(chance, seconds, tones, 0.35).map(({ value, start, end }): Sounding => ({
    kind: 'tone',
    tone: value,
    start,
    end,
  }));
  return {
    seconds,
    colours: bySecond(seconds, shapes, (shape) => shape.colour),
    tones: bySecond(seconds, sounds, (sound) => sound.tone),
    shapes,
    sounds,
  };
}

interface Run<T> {
  value: T;
  start: number;
  end: number;
}

/** Stays of 1 to 3 s, with gaps of 1 or 2 s before some; neighbours that touch differ, so every onset can be seen or heard. */
function runs<T>(chance: Dice, seconds: number, values: readonly T[], gap: number): Run<T>[] {
  const made: Run<T>[] = [];
  let at = 0;
  while (at < seconds) {
    const rest = chance.chance(gap);
    if (rest) at += chance.int(1, 2);
    if (at >= seconds) break;
    const previous = rest ? undefined : made.at(-1)?.value;
    const value = chance.pick(values.filter((candidate) => candidate !== previous));
    const end = Math.min(at + chance.int(1, 3), seconds);
    made.push({ value, start: at, end });
    at = end;
  }
  return made;
}

function bySecond<E extends { start: number; end: number }, T>(
  seconds: number,
  events: E[],
  value: (event: E) => T,
): (T | null)[] {
  return Array.from({ length: seconds }, (_, second) => {
    const event = events.find(({ start, end }) => start <= second && second < end);
    return event ? value(event) : null;
  });
}
