import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/study/arms.ts';
import { figures } from '../../../src/study/charts.ts';
import { findingsOf } from '../../../src/study/findings.ts';
import { policyHash } from '../../../src/study/material.ts';
import { configOf, judgedJobs, nextRates } from '../../../src/study/plan.ts';
import { reportText, type ReportFacts } from '../../../src/study/report.ts';
import { sampleStd } from '../../../src/domain/statistics.ts';
import { seedsFor } from '../../../src/study/power.ts';
import { gpuHours, realSize } from '../../../src/study/replication.ts';
import { advantageBins, type StudyRun } from '../../../src/study/measured.ts';
import { coldStart, madeRun } from './study-runs.ts';

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
    const lone = arm('replay-only', 4, 10).slice(0, 1);
    const missing = judgedJobs(rates, { ...everything, settings: ['teacher'], seeds: 1 });
    const one = reportOf([...arm('avatar', 3, 10).slice(0, 1), ...arm('grpo-8x4-n', 6, 10).slice(0, 1), ...lone]).text;
    expect(one).toContain('**one seed cannot tell**');
    expect(one).toMatch(/`replay-only` against `grpo-8x4-n`, 1 seed\).*\*\*One seed cannot tell\.\*\*/u);
    const { text } = reportOf([...arm('avatar', 3, 10).slice(0, 1)], missing);
    expect(text).toContain('3 runs are missing');
    expect(text).toContain('judge teacher/offline seed 1');
    expect(text).not.toMatch(/NaN|undefined|Infinity/u);
  });

  const steps = { setting: 'steps' };
  const oneStep = arm('grpo-8x8-1', 30, 40);
  const passes = arm('grpo-8x8-n', 3, 10);

  it.each([
    [3, '**More gradient steps on a batch help as passes and on disjoint quarters, where no row is read twice**'],
    [
      9,
      'help as passes over all rows; on disjoint quarters, where no row is read twice, no gain is beyond the noise**',
    ],
  ])('tells steps on quarters from passes, the quarters getting there at %i', (at, sentence) => {
    const judged = [...oneStep, ...passes, ...arm('grpo-8x8-quarters', at, 10, steps)];
    const { text } = reportOf([...judged, ...arm('avatar-quarters', 2, 10, steps)]);
    expect(text).toContain(sentence);
    expect(text).toContain('Quarters in place of passes (`steps/grpo-8x8-quarters` against `grpo-8x8-n`, 5 seeds)');
    expect(text).toContain('Against `steps/grpo-8x8-quarters`, AVATAR (`steps/avatar-quarters`) needs');
    expect(text).not.toMatch(/NaN|undefined|Infinity/u);
  });

  it('says so where quarters alone help, or nothing does', () => {
    const found = (again: number, once: number): string => {
      const judged = [...oneStep, ...arm('grpo-8x8-n', again, 10), ...arm('grpo-8x8-quarters', once, 10, steps)];
      return reportOf(judged).text;
    };
    expect(found(9, 3)).toContain('help on disjoint quarters; as passes over all rows no gain is beyond the noise');
    expect(found(9, 9)).toContain('bring no gain beyond the noise, neither as passes nor on disjoint quarters');
  });

  it('names the policy it is of, and what it holds', () => {
    const { text } = reportOf([...passes, ...arm('avatar-quarters', 2, 10, steps)]);
    expect(text).toContain('Every run began with the policy `p`, on the data `d`, by the trainer `t`');
    expect(text).toMatch(/\| `main` \| .* \| 1 of 7 \| 5 \|/u);
    expect(text).toMatch(/\| `steps` \| .* \| 1 of 3 \| 5 \|/u);
    expect(text).toContain('Not in it: `schemes`, `hard`, `few`, `long`, `teacher`, `own`.');
  });

  it('counts a replication’s seeds by the variance of AVATAR against GRPO, and its hours by the inputs', () => {
    const ends = [0.78, 0.83, 0.75, 0.84, 0.8];
    const avatar = ends.map((end, i) => madeRun([0.3, end, end, end], { seed: i + 1 }));
    const grpo = ends.map((_, i) => madeRun([0.3, 0.75, 0.75, 0.75], { seed: i + 1, arm: 'grpo-8x8-n' }));
    const { findings, text } = reportOf([...avatar, ...grpo]);
    // Of these ends the standard deviation is 3.674 points, and its interval by χ² 2.2 to 10.6.
    expect(text).toContain('| `avatar` | `grpo-8x8-n` | 5 | 3.7 (2.2 to 10.6) |');
    const counts = [0.019, 0.037, 0.05].map((difference) => {
      const of = (power: number) => seedsFor(difference, sampleStd(ends), power);
      return [of(0.8), of(0.9)];
    });
    expect(findings.replication.seeds.map(({ seeds }) => seeds)).toEqual(counts.flat());
    const hours = (seeds: number): string => Math.round(2 * seeds * gpuHours(realSize).total).toLocaleString('en');
    expect(text).toMatch(
      new RegExp(`\\| 1\\.9 \\| ${counts[0][0]} \\(.*\\| ${hours(counts[0][0])} / ${hours(counts[0][1])} \\|`, 'u'),
    );
    expect(text).toMatch(/\| `context` \| .* \| 3,000 \| \*\*assumption\*\* \|/u);
    expect(reportOf(avatar).text).not.toContain('What a replication');
  });

  it('draws its figures', async () => {
    const judged = [...opponent, ...arm('replay-only', 4, 10), ...arm('avatar', 3, 10)];
    const drawn = await figures(judged, reportOf(judged).findings);
    expect([...drawn.keys()]).toEqual(['curves.svg', 'target.svg', 'final.svg', 'advantages.svg', 'length.svg']);
    for (const svg of drawn.values()) expect(svg).not.toMatch(/NaN|undefined|Infinity/u);
    expect(drawn.get('target.svg')).toContain('replay-only');
    const stepped = [...judged, ...arm('avatar-quarters', 2, 10, steps)];
    const figure = (await figures(stepped, reportOf(stepped).findings)).get('steps.svg');
    for (const name of ['avatar', 'avatar-quarters']) expect(figure).toContain(`>${name}<`);
  });
});

it('the repository’s study is told from one of today’s policy', async () => {
  const root = resolve(import.meta.dirname, '../../..');
  const policy = await policyHash(join(root, 'media/sample/policy'));
  const { fingerprint } = JSON.parse(readFileSync(join(root, 'media/study/study.json'), 'utf8')) as ReportFacts;
  const says = readFileSync(join(root, 'docs/study.md'), 'utf8').includes('former sample policy');
  expect(says, 'docs/study.md names the former sample policy while media/study is of it').toBe(
    fingerprint.policy !== policy,
  );
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
