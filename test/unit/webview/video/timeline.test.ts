import { describe, expect, it } from 'vitest';
import { defaultPhases } from '../../../../src/domain/phase.ts';
import { between, moveEdge, splitSpan } from '../../../../webview/review/video/grounding.ts';
import { Frames } from '../../../../webview/review/video/frames.ts';
import { defaultKeys } from '../../../../src/protocol/review-keys.ts';
import { keyAction } from '../../../../webview/review/actions/keys.ts';
import { columns, loudest } from '../../../../webview/review/video/peaks.ts';
import { SpanEditing, type EditedSpans } from '../../../../webview/review/video/span-editing.ts';
import { shuttle } from '../../../../webview/review/video/shuttle.ts';
import { parseTime } from '../../../../webview/review/video/time-entry.ts';

/** Frames of 40 ms, but the fifth is shown for 200 ms. */
const uneven = new Frames(0.6, 25, Float64Array.of(0, 0.04, 0.08, 0.12, 0.16, 0.36, 0.4, 0.44, 0.48, 0.52, 0.56));

describe('frames', () => {
  it('are found by their time, also by one that a player rounded', () => {
    expect([0, 0.039, 0.04, 0.0399995, 0.3, 0.36, 0.59, 9].map((seconds) => uneven.at(seconds))).toEqual([
      0, 0, 1, 1, 4, 5, 10, 10,
    ]);
  });

  it('snap to the nearest border, of which the video’s end is one', () => {
    expect([0.05, 0.2, 0.3, 0.575, 0.59].map((seconds) => uneven.snap(seconds))).toEqual([0.04, 0.16, 0.36, 0.56, 0.6]);
  });

  it('are stepped one by one however long each is shown, within the video', () => {
    const steps: [from: number, count: number, to: number][] = [
      [0.16, 1, 0.36],
      [0.36, -1, 0.16],
      [0.04, -10, 0],
      [0.04, 10, 0.6],
      [0.6, -1, 0.56],
      [0.56, 1, 0.6],
    ];
    for (const [from, count, to] of steps) expect(uneven.nudge(from, count)).toBe(to);
  });

  it('come at one rate until their times are known', () => {
    const even = new Frames(2, 10);
    expect([even.count, even.start(7), even.at(0.7), even.at(0.69), even.snap(1.99)]).toEqual([20, 0.7, 7, 6, 2]);
    expect(new Frames(0, 0).at(3)).toBe(0);
  });

  it('are shown when sought at their start, although a player rounds', () => {
    expect(uneven.inside(0.36)).toBeGreaterThan(0.36);
    expect(uneven.at(uneven.inside(0.36))).toBe(5);
    expect(uneven.inside(0.3)).toBe(0.3);
  });
});

describe('a typed time', () => {
  const frames = new Frames(3723, 30);
  it('is read in each of its forms', () => {
    const forms = {
      '0:03.20': 3.2,
      ' 3.2 ': 3.2,
      '3,2': 3.2,
      '.5': 0.5,
      '3 s': 3,
      '1:02:03': 3723,
      '90': 90,
      '93f': 3.1,
      '0F': 0,
    };
    for (const [text, seconds] of Object.entries(forms)) expect(parseTime(text, frames)).toEqual({ seconds });
  });

  it('that is none, or none of the video, is told', () => {
    const faults = {
      '': 'Type a time',
      soon: 'Type a time',
      '-1': 'Type a time',
      '1:2:3:4': 'Type a time',
      '0:75': 'A minute has 60 seconds, not 75.',
      '1:02:03.5': 'The video ends at 1:02:03.00.',
      '999999f': 'The last frame is 111689f.',
    };
    for (const [text, fault] of Object.entries(faults)) {
      expect(parseTime(text, frames)).toEqual({ fault: expect.stringContaining(fault) as string });
    }
  });
});

it('J and L play their way, faster up to 4×, and turn at 1×', () => {
  const presses = (...directions: (1 | -1)[]): number[] => {
    let speed = 0;
    return directions.map((direction) => (speed = shuttle(speed, direction)));
  };
  expect(presses(1, 1, 1, 1, -1, -1, -1, -1, 1)).toEqual([1, 2, 4, 4, -1, -2, -4, -4, 1]);
  expect(shuttle(0.1, 1)).toBe(0.2);
});

describe('what a phase talks about', () => {
  it('is from one frame to the end of another, in whichever order they were told', () => {
    expect(between(0.05, 0.3, uneven)).toEqual({ start: 0.04, end: 0.36 });
    expect(between(0.3, 0.05, uneven)).toEqual({ start: 0.04, end: 0.36 });
    expect(between(0.57, 0.57, uneven)).toEqual({ start: 0.56, end: 0.6 });
  });

  it('keeps a frame when an edge is moved over the other', () => {
    const span = { start: 0.08, end: 0.4 };
    expect(moveEdge(span, 'start', 0.5, uneven)).toEqual({ start: 0.36, end: 0.4 });
    expect(moveEdge(span, 'end', 0, uneven)).toEqual({ start: 0.08, end: 0.12 });
    expect(moveEdge(span, 'end', 0.43, uneven)).toEqual({ start: 0.08, end: 0.44 });
  });

  it('is split so that the next phase goes on', () => {
    const span = { start: 0, end: 0.4 };
    expect(splitSpan([span, null, null], span, 0, 0.13, uneven)).toEqual([
      { start: 0, end: 0.12 },
      { start: 0.12, end: 0.4 },
      null,
    ]);
    const later = { start: 0.3, end: 0.6 };
    expect(splitSpan([span, later, null], span, 0, 0.13, uneven)![1]).toEqual({ start: 0.12, end: 0.6 });
    expect(splitSpan([span, null, null], span, 0, 0.5, uneven)).toBeNull();
    expect(splitSpan([null, null, span], span, 2, 0.13, uneven)).toBeNull();
  });
});

describe('spans edited by keys', () => {
  /** An editing of evidence, at 0.12 s, and what came of it. */
  const begin = (
    change: Partial<EditedSpans> = {},
  ): { now: EditedSpans; spans: SpanEditing; told: string[]; seeks: number[] } => {
    const now: EditedSpans = {
      ...{
        phases: defaultPhases,
        phase: 1,
        grounding: [null, null, null],
        byText: [null, null, null],
        time: 0.12,
        frames: uneven,
      },
      ...change,
    };
    const told: string[] = [];
    const seeks: number[] = [];
    const spans = new SpanEditing(() => now, {
      seek: (seconds) => seeks.push(seconds),
      tell: (notice) => told.push(notice),
      edit: (grounding) => (now.grounding = grounding),
      changed: () => undefined,
    });
    return { now, spans, told, seeks };
  };

  it('begin and end where the video is, for the phase that was at the caret', () => {
    const { now, spans } = begin();
    spans.mark();
    Object.assign(now, { time: 0.3, phase: 2 });
    expect(spans.shown[1]).toEqual({ start: 0.12, end: 0.36, from: 'under way' });
    spans.mark();
    expect(now.grounding).toEqual([null, { start: 0.12, end: 0.36 }, null]);
    expect(spans.shown[1]!.from).toBe('label');
  });

  it('are given up, and not begun without a label', () => {
    const { now, spans } = begin();
    spans.mark();
    expect([spans.giveUp(), spans.giveUp()]).toEqual([true, false]);
    expect(spans.shown).toEqual([null, null, null]);
    expect(now.grounding).toEqual([null, null, null]);
    const unlabelled = begin({ grounding: null });
    unlabelled.spans.mark();
    expect(unlabelled.told[0]).toContain('mark the phases first');
  });

  it('are played over and over from their start, also those that only the text speaks of', () => {
    const { spans, seeks } = begin({ byText: [null, { start: 0.4, end: 0.6 }, null] });
    spans.toggleLoop();
    expect([spans.looping, spans.loop, seeks]).toEqual([true, { start: 0.4, end: 0.6, from: 'text' }, [0.4]]);
    spans.toggleLoop();
    expect([spans.looping, spans.loop]).toEqual([false, null]);
    const none = begin();
    none.spans.toggleLoop();
    expect([none.spans.looping, none.told[0]]).toEqual([false, expect.stringContaining('V sets it')]);
  });
});

describe('peaks', () => {
  const sound = { values: Int16Array.of(-1, 2, -16384, 4, -5, 8192, 0, 0), perSecond: 4, fault: null };
  it('are gathered into columns, each the least and the greatest of its stretch', () => {
    expect([...columns(sound, 0, 1, 2)]).toEqual([-0.5, 4 / 32768, -5 / 32768, 0.25]);
    expect([...columns(sound, 0.25, 0.5, 2)]).toEqual([-0.5, 4 / 32768, -0.5, 4 / 32768]);
  });
  it('that are not known yet leave their columns empty', () => {
    expect([...columns(sound, 0.5, 1.5, 2)]).toEqual([-5 / 32768, 0.25, NaN, NaN]);
  });
  it('tell the loudest from one on', () => {
    expect([loudest(sound.values), loudest(sound.values, 2)]).toEqual([0.5, 0.25]);
  });
});

it('keys of the timeline do nothing in a text field', () => {
  const pressed = (key: string, localName: string): ReturnType<typeof keyAction> => {
    const target = { localName };
    const held = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: false };
    return keyAction({ key, ...held, composedPath: () => [target] }, defaultKeys, defaultPhases);
  };
  for (const key of ['v', 'x', 'r', 't', 'j', '+', '0', 'Delete', 'Escape']) {
    expect(pressed(key, 'div')).not.toBeNull();
    expect(pressed(key, 'input')).toBeNull();
  }
});
