import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { Dice } from '../../../scripts/sample/dice.ts';
import { drawLength, makeClips } from '../../../scripts/sample/dataset.ts';
import { goldBoundaries } from '../../../scripts/sample/phases.ts';
import { type Question, families, questionsOf } from '../../../scripts/sample/question.ts';
import { type Scene, colours, makeScene } from '../../../scripts/sample/scene.ts';
import { writeTrace } from '../../../scripts/sample/trace.ts';
import { ours } from '../../../src/domain/rules/ours.ts';
import { spans } from '../../../src/domain/phase.ts';
import { timeMentions } from '../../../src/domain/time-mention.ts';

const scenes = fc.integer().map((seed) => {
  const chance = new Dice(seed);
  return { scene: makeScene(chance, drawLength(chance)), chance };
});

/** The answer found by walking the list of events in time, as a viewer would. */
function watched(scene: Scene, { family, tone, colour, options }: Question): string {
  const sounds = scene.sounds.filter((event) => event.tone === tone);
  const shapes = scene.shapes.filter((event) => event.colour === colour);
  const shown = (at: number): string => scene.shapes.find((event) => event.start <= at && at < event.end)!.colour;
  const option = (word: string): string => options.find((text) => text.endsWith(` ${word}`))![0];
  switch (family) {
    case 'count-sound':
      return `${sounds.length}`;
    case 'count-shapes':
      return `${shapes.length}`;
    case 'when-sound':
      return `${sounds[0].start}`;
    case 'when-shape':
      return `${shapes[0].start}`;
    case 'first-colour':
      return option(scene.shapes[0].colour);
    case 'colour-at-sound':
      return option(shown(sounds[0].start));
    case 'which-first':
      return option(sounds[0].start < shapes[0].start ? 'tone' : 'shape');
  }
}

describe('a scene', () => {
  it('holds 4 to 12 s of events that tile its seconds, each onset to be told from what was before', () => {
    fc.assert(
      fc.property(scenes, ({ scene }) => {
        expect(scene.seconds).toBeGreaterThanOrEqual(4);
        expect(scene.seconds).toBeLessThanOrEqual(12);
        for (const [track, events] of [
          [scene.colours, scene.shapes.map((shape) => ({ ...shape, value: shape.colour }))],
          [scene.tones, scene.sounds.map((sound) => ({ ...sound, value: sound.tone }))],
        ] as const) {
          expect(track).toHaveLength(scene.seconds);
          const painted = Array.from(track, () => null as string | null);
          for (const { start, end, value } of events) {
            if (start > 0) expect(track[start - 1]).not.toBe(value);
            painted.fill(value, start, end);
          }
          expect(painted).toEqual(track);
        }
      }),
    );
  });
});

describe('questions', () => {
  it('have the answer that watching the clip gives', () => {
    fc.assert(
      fc.property(scenes, ({ scene }) => {
        for (const question of families.flatMap((family) => questionsOf(scene, family))) {
          expect(question.answer).toBe(watched(scene, question));
        }
      }),
    );
  });

  it('give each colour one letter for ever', () => {
    fc.assert(
      fc.property(scenes, ({ scene }) => {
        for (const { options } of questionsOf(scene, 'first-colour')) {
          expect(options).toEqual(colours.map((colour, i) => `${'ABCD'[i]} ${colour}`));
        }
      }),
    );
  });
});

describe('a trace', () => {
  it('is well formed, right or wrong as asked, and falls into three phases with a time for each second', () => {
    fc.assert(
      fc.property(scenes, ({ scene, chance }) => {
        for (const question of families.flatMap((family) => questionsOf(scene, family))) {
          for (const wrong of [false, true]) {
            const trace = writeTrace(scene, question, wrong, chance);
            expect(ours.format(trace)).toBe(1);
            const answer = wrong ? question.habit : question.answer;
            expect(ours.accuracy(trace, { id: 'p', options: [], problemType: 'free-form', answer }).score).toBe(1);
            const [planning, evidence, synthesis] = spans(trace.length, goldBoundaries(trace)!).map(({ start, end }) =>
              trace.slice(start, end),
            );
            expect(planning).toMatch(/^<think>[A-Z][^<]*\.$/);
            expect(timeMentions(evidence).map(({ seconds }) => seconds)).toEqual([...Array(scene.seconds).keys()]);
            expect(synthesis).toMatch(/^ So [^<]*\.<\/think><answer>\w+<\/answer>$/);
          }
        }
      }),
    );
  });

  it('has no gold phases when it does not follow the grammar', () => {
    expect(goldBoundaries('<think>At once: red.</think><answer>A</answer>')).toBeNull();
  });
});

describe('the dataset', () => {
  const clips = makeClips(7);

  it('has enough clips, prompts in every split, and mostly short clips', () => {
    expect(clips.length).toBeGreaterThanOrEqual(64);
    const prompts = (split: string): number =>
      clips.filter((clip) => clip.split === split).flatMap(({ questions }) => questions).length;
    expect(prompts('train')).toBeGreaterThanOrEqual(128);
    expect(prompts('validation')).toBeGreaterThanOrEqual(128);
    expect(prompts('test')).toBeGreaterThanOrEqual(64);
    const usual = clips.filter(({ scene }) => scene.seconds >= 5 && scene.seconds <= 8).length;
    expect(usual).toBeGreaterThan(clips.length / 2);
  });

  it('is the same for the same seed', () => {
    expect(makeClips(7)).toEqual(clips);
    expect(makeClips(8)).not.toEqual(clips);
  });
});
