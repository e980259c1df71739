import { describe, expect, it } from 'vitest';
import type { JudgementState, StepJudgement } from '../../../../src/domain/judgement.ts';
import { Judging } from '../../../../webview/review/judge/judging.ts';

const key = { store: 'a.db', annotator: 'ana', rolloutId: 'r1' };
const other = { ...key, rolloutId: 'r2' };
const step = (start: number): StepJudgement => ({ start, end: start + 5, verdict: 'correct', error: null });
const state = (second: number, ...steps: StepJudgement[]): JudgementState => ({
  ...{ steps, canUndo: steps.length > 0, canRedo: false },
  savedAt: `2026-01-01T00:00:0${second}.000Z`,
});

/** A host whose answers come when they are let go, in the order in which they were asked for. */
function judging() {
  const asked: { what: string; answer: (state: JudgementState) => void; fail: (error: Error) => void }[] = [];
  const later = (what: string): Promise<JudgementState> =>
    new Promise((answer, fail) => void asked.push({ what, answer, fail }));
  const one = new Judging(
    {
      say: ({ rolloutId }, { start }) => later(`judge ${rolloutId} ${start}`),
      undo: (_, seen) => later(`undo ${seen}`),
      redo: (_, seen) => later(`redo ${seen}`),
    },
    () => undefined,
  );
  one.show(key, state(1, step(0)));
  return { one, asked };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('what is said of steps', () => {
  it('is asked for one after the other, and undone as it was seen last', async () => {
    const { one, asked } = judging();
    const said = one.say(step(5));
    const undone = one.step('undo');
    await turn();
    expect(asked.map(({ what }) => what)).toEqual(['judge r1 5']);
    asked[0].answer(state(2, step(0), step(5)));
    await said;
    await turn();
    expect(asked.map(({ what }) => what)).toEqual(['judge r1 5', 'undo 2026-01-01T00:00:02.000Z']);
    asked[1].answer(state(3, step(0)));
    await undone;
    expect(one.state).toEqual(state(3, step(0)));
  });

  it('is not turned back by what was read before it was answered, and follows another window', async () => {
    const { one, asked } = judging();
    const said = one.say(step(5));
    await turn();
    asked[0].answer(state(3, step(0), step(5)));
    await said;
    one.show(key, state(2, step(0)));
    expect(one.state.steps).toHaveLength(2);
    one.show(key, state(4));
    expect(one.state.steps).toEqual([]);
    one.show(other, state(1, step(9)));
    expect(one.state.steps).toEqual([step(9)]);
  });

  it('stays as it was where it cannot be saved, and the next is asked for all the same', async () => {
    const { one, asked } = judging();
    const failed = one.say(step(5));
    await turn();
    asked[0].fail(new Error('not saved'));
    await expect(failed).rejects.toThrow('not saved');
    expect(one.state).toEqual(state(1, step(0)));
    const said = one.say(step(6));
    await turn();
    asked[1].answer(state(2, step(6)));
    await said;
    expect(one.state.steps).toEqual([step(6)]);
  });
});
