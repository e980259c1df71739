import { describe, expect, it } from 'vitest';
import { judgementAgreement, measureJudgements } from '../../../src/domain/judgement-agreement.ts';
import type { StepJudgement, StepVerdict } from '../../../src/domain/judgement.ts';

const step = (start: number, end: number, verdict: StepVerdict, error: string | null = null): StepJudgement => ({
  ...{ start, end },
  ...{ verdict, error },
});

/** One rollout of steps of one character each: "ccw." is correct, correct, wrong, not judged; r is wrong in its reasoning, k in its knowledge. */
const rollout = (rolloutId: string, said: Record<string, string>) => ({
  rolloutId,
  judgements: Object.entries(said).map(([annotator, text]) => ({
    annotator,
    steps: [...text].flatMap((letter, i) => {
      const verdict = { c: 'correct', w: 'wrong', r: 'wrong', k: 'wrong', u: 'unsupported' }[letter] as
        StepVerdict | undefined;
      return verdict ? [step(i, i + 1, verdict, { r: 'reasoning', k: 'knowledge' }[letter] ?? null)] : [];
    }),
  })),
});

describe('agreement on judgements', () => {
  it('is κ and α of the text that both judged, as in worked examples', () => {
    // p_o = 4/6, p_e = (4·4 + 2·2)/36 = 5/9: κ = (2/3 − 5/9) / (1 − 5/9) = 1/4.
    const { pairs } = judgementAgreement([rollout('r', { ana: 'ccccww', ben: 'cccwcw' })]);
    expect(pairs[0]).toMatchObject({ a: 'ana', b: 'ben', rollouts: 1 });
    expect(pairs[0].figures.kappa.value).toBeCloseTo(0.25, 12);
    // By hand: o_cc = 3, o_cw = o_wc = 1, o_ww = 1, o_wu = o_uw = 1; n = 8 of 4, 3 and 1: α = 1 − 7 · 4 / 38.
    const many = judgementAgreement([rollout('r', { ana: 'ccwc', ben: 'cww.', cy: 'c.u.' })]);
    expect(many.people.figures.alpha.value).toBeCloseTo(10 / 38, 12);
    expect(many.pairs.map(({ a, b }) => a + b)).toEqual(['anaben', 'anacy', 'bency']);
  });

  it('is of each type of error, too, that somebody named where another judged', () => {
    const { errors } = judgementAgreement([
      // The same figures as of verdicts above; ben alone judged the end.
      rollout('r', { ana: 'ccccrr.', ben: 'cccrcrk' }),
      rollout('s', { ana: 'r', cy: '.k' }),
    ]);
    expect(errors).toMatchObject([{ error: 'reasoning', rollouts: 1 }]);
    expect(errors[0].figures.kappa.value).toBeCloseTo(0.25, 12);
    // Both say that it is wrong, and differ in why.
    const differing = judgementAgreement([rollout('r', { ana: 'ccrk', ben: 'cckr' })]);
    expect(differing.people.figures.kappa.value).toBe(1);
    expect(differing.errors.map(({ error, figures }) => [error, figures.kappa.value])).toEqual([
      ['knowledge', expect.closeTo(-1 / 3, 12)],
      ['reasoning', expect.closeTo(-1 / 3, 12)],
    ]);
  });

  it('leaves out text that only one of them judged, and rollouts without any that two did', () => {
    expect(measureJudgements(rollout('r', { ana: 'cc..', ben: '..ww' }))).toBeNull();
    const { people, pairs } = judgementAgreement([
      rollout('r', { ana: 'cc..', ben: '..ww' }),
      rollout('s', { ana: 'ccw.', ben: 'ccww' }),
    ]);
    expect(people.rollouts).toBe(1);
    expect(pairs[0].figures.kappa.value).toBe(1);
  });

  it('weighs by length, wherever steps are cut', () => {
    const judgements = [
      { annotator: 'ana', steps: [step(0, 10, 'correct'), step(10, 20, 'wrong')] },
      { annotator: 'ben', steps: [step(0, 12, 'correct'), step(12, 20, 'wrong')] },
    ];
    const [{ confusion }] = measureJudgements({ rolloutId: 'r', judgements })!.pairs;
    expect([...confusion]).toEqual([10, 0, 0, 2, 8, 0, 0, 0, 0]);
  });
});
