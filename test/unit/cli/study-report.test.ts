import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/cli/study/arms.ts';
import { figures } from '../../../src/cli/study/charts.ts';
import { findingsOf } from '../../../src/cli/study/findings.ts';
import { configOf, judgedJobs, nextRates } from '../../../src/cli/study/plan.ts';
import { reportText } from '../../../src/cli/study/report.ts';
import { realSize } from '../../../src/domain/replication.ts';
import { advantageBins, type StudyRun } from '../../../src/domain/study.ts';
import { coldStart, madeRun } from '../domain/study-runs.ts';

/** Five seeds of an arm that hold 80 % from the evaluation `at`, give or take one by the seed, and `evaluations` in all. */
function arm(name: string, at: number, evaluations: number, changes: Partial<StudyRun> = {}): StudyRun[] {
  const bins = new Array<number>(advantageBins.count).fill(1);
  return [1, 2, 3, 4, 5].map((seed) => {
    const first = at + (seed % 2);
    const accuracies = Array.from({ length: evaluations }, (_, i) => (i < first ? 1 / 3 : 0.8));
    const advantages = { fresh: { bins, zeros: 5, total: 25 }, replayed: { bins, zeros: 0, total: 25 } };
    return madeRun(accuracies, { arm: name, seed, advantages, ...changes });
  });
}

const rates = new Map<Family, number>([
  ['grpo-8x8-1', 4e-4],
  ['avatar', 2e-4],
]);
const tuned = [madeRun([0.3, 0.7, 0.7, 0.7], { arm: 'grpo-8x8-1', purpose: 'tune', learningRate: 4e-4 })];
const everything = { arms: [], settings: [], iterations: Infinity, rate: null, seeds: 5 };

function reportOf(judged: StudyRun[], missing = judgedJobs(rates, everything).slice(0, 0)) {
  const findings = findingsOf({ tuned, judged, rates, missing }, coldStart, realSize);
  const text = reportText({
    findings,
    figures: new Set(['curves.svg']),
    prompts: { train: 8, validation: 4, test: 6 },
    fingerprint: { policy: 'p', data: 'd', trainer: 't' },
    machine: { node: 'v24' },
  });
  return { findings, text };
}

describe('a report', () => {
  const opponent = arm('grpo-8x8-1', 30, 40);

  it('fixes the target before it judges, and says that a fifth is met when it is', () => {
    const { findings, text } = reportOf([...opponent, ...arm('avatar', 3, 10), ...arm('grpo-8x4-n', 6, 10)]);
    expect(findings.target).toBeCloseTo(1 / 3 + 0.75 * 0.4, 12);
    expect(text).toContain('The target, fixed before any run was judged, is 63.3 %');
    expect(text).toContain('**the paper’s five-fold saving is met, beyond the noise of the seeds**');
    expect(text).toMatch(/Against `grpo-8x4-n`, AVATAR needs 0\.5\d .*\*\*fewer, beyond the noise of the seeds\*\*/u);
    expect(text).toContain('| `avatar` | 5 | 5 | 208 (');
    expect(text).toContain('![Test accuracy by completions](curves.svg)');
    expect(text).not.toContain('target.svg');
    expect(text).not.toMatch(/NaN|undefined|Infinity/u);
  });

  it('says as plainly when it is not met, or makes no difference, or nobody got there', () => {
    const slow = reportOf([...opponent, ...arm('avatar', 15, 40), ...arm('grpo-8x4-n', 15, 40)]).text;
    expect(slow).toContain('**the paper’s five-fold saving is not met**');
    expect(slow).toContain('**no difference that the noise of the seeds could not make**');
    const never = reportOf([...arm('avatar', 50, 10), ...arm('grpo-8x4-n', 50, 10)]).text;
    expect(never).toContain('No run of `avatar` nor of `grpo-8x4-n` held the target');
    expect(never).toContain('| `avatar` | 5 | 0 | ≥ 576');
    const worse = reportOf([...arm('replay-only', 9, 20), ...arm('grpo-8x4-n', 3, 20)]).text;
    expect(worse).toMatch(/Replay alone .*\*\*It hurts\.\*\*/u);
  });

  it('compares what there is and names what is missing', () => {
    const missing = judgedJobs(rates, { ...everything, settings: ['teacher'], seeds: 1 });
    const { text } = reportOf([...arm('avatar', 3, 10).slice(0, 1)], missing);
    expect(text).toContain('3 runs are missing');
    expect(text).toContain('judge teacher/offline seed 1');
    expect(text).not.toMatch(/NaN|undefined|Infinity/u);
  });

  it('draws its figures', async () => {
    const judged = [...opponent, ...arm('replay-only', 4, 10), ...arm('avatar', 3, 10)];
    const drawn = await figures(judged, reportOf(judged).findings);
    expect([...drawn.keys()]).toEqual(['curves.svg', 'target.svg', 'final.svg', 'advantages.svg', 'length.svg']);
    for (const svg of drawn.values()) expect(svg).not.toMatch(/NaN|undefined|Infinity/u);
    expect(drawn.get('target.svg')).toContain('replay-only');
  });
});

describe('the plan', () => {
  it('widens the grid while the best rate lies at its edge', () => {
    expect(nextRates('avatar', [], undefined)).toEqual([5e-5, 1e-4, 2e-4]);
    expect(nextRates('avatar', [1e-4, 2e-4, 4e-4], 2e-4)).toEqual([]);
    expect(nextRates('avatar', [1e-4, 2e-4, 4e-4], 4e-4)).toEqual([8e-4]);
    expect(nextRates('avatar', [1e-4, 2e-4, 4e-4], 1e-4)).toEqual([5e-5]);
    expect(nextRates('avatar', [1e-4, 2e-4, 4e-4], undefined)).toEqual([5e-5]);
    expect(nextRates('avatar', [1e-4, 2e-4, 4e-4, 8e-4, 16e-4], 16e-4)).toEqual([]);
  });

  it('trains every arm’s first seed before any arm’s second, and the main setting first', () => {
    const jobs = judgedJobs(rates, everything);
    const main = jobs.filter(({ setting }) => setting.name === 'main');
    expect(jobs.slice(0, main.length)).toEqual(main);
    expect(main.map(({ seed }) => seed)).toEqual(main.map(({ seed }) => seed).toSorted());
    expect(main.length).toBe(5 * 7);
    expect(jobs.filter(({ isTeacher }) => isTeacher).length).toBe(1);
    for (const { setting, teacher } of jobs) expect(Boolean(teacher)).toBe(['own', 'teacher'].includes(setting.name));
  });

  it('trains with a part what that is compared with, and nothing twice', () => {
    const all = judgedJobs(rates, everything);
    const names = (settings: string[]): string[] =>
      judgedJobs(rates, { ...everything, settings, seeds: 1 }).map(
        ({ setting, arm: { name } }) => `${setting.name}/${name}`,
      );
    expect(names(['schemes'])[0]).toBe('main/replay-only');
    expect(names(['teacher'])).toEqual(['main/avatar', 'teacher/offline', 'teacher/avatar-warm']);
    expect(judgedJobs(rates, { ...everything, settings: ['teacher'], seeds: 1 })[0].isTeacher).toBe(true);
    expect(names(['main', 'steps']).filter((name) => name === 'main/avatar').length).toBe(1);
    expect(new Set(all.map(({ setting, arm, seed }) => `${setting.name}/${arm.name} ${seed}`)).size).toBe(all.length);
  });

  it('pairs every arm on quarters with one of as many rows, steps and completions that makes passes', () => {
    const jobs = judgedJobs(rates, { ...everything, settings: ['steps'] });
    const of = (setting: string, name: string) =>
      jobs.filter((job) => job.setting.name === setting && job.arm.name === name).map((job) => configOf(job, 'policy'));
    for (const [own, passes] of [
      ['grpo-8x8-quarters', 'grpo-8x8-n'],
      ['grpo-8x4-quarters', 'grpo-8x4-n'],
      ['avatar-quarters', 'avatar'],
    ]) {
      const pairs = of('steps', own);
      expect(pairs.length).toBe(5);
      for (const [i, config] of pairs.entries()) {
        expect(config).toMatchObject({ gradientSteps: 1, minibatches: 4 });
        expect({ ...config, gradientSteps: 4, minibatches: 1, learningRate: 0 }).toEqual({
          ...of('main', passes)[i],
          learningRate: 0,
        });
      }
    }
    expect(jobs.length).toBe(5 * 7);
  });
});
