import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { assumed, inputNames, shares, type Inputs } from './replication.ts';
import { readClips } from '../training/avatar/clip-features.ts';
import { writeWhole } from '../formats/whole-file.ts';
import { Policy } from '../training/policy/policy.ts';
import { UsageError, type Arguments, type Command, type CommandContext } from '../cli/command.ts';
import { armNames } from './arms.ts';
import { figures } from './charts.ts';
import { conduct, runsSoFar, type StudyRuns } from './conduct.ts';
import { Examiner } from './exam.ts';
import { findingsOf, type Findings } from './findings.ts';
import { openProject, projectFiles, type Project } from './material.ts';
import { settings, type StudyChoice } from './plan.ts';
import { reportText } from './report.ts';
import { dataFile, Results } from './results.ts';

interface StudyMade {
  /** Files of the report, its figures and its numbers. */
  report: string;
  data: string;
  findings: Findings;
}

export const study: Command = {
  name: 'study',
  usage:
    '-- [PROJECT] [--out DIR] [--seeds N] [--jobs N] [--arms A,…] [--settings S,…] [--iterations N] [--rate R] [--assume INPUT=N,…] [--report]',
  summary:
    'Tests the paper’s claim on the sample project: trains AVATAR, its parts and GRPO, and reports. Continues where it stopped.',
  options: {
    out: { type: 'string' },
    seeds: { type: 'string' },
    jobs: { type: 'string' },
    arms: { type: 'string' },
    settings: { type: 'string' },
    iterations: { type: 'string' },
    rate: { type: 'string' },
    assume: { type: 'string' },
    report: { type: 'boolean' },
  },
  async run(context): Promise<StudyMade> {
    const { positionals, options, dist, signal, progress } = context;
    if (positionals.length > 1) throw new UsageError('name one project, or none for the sample project');
    const choice = choiceOf(options);
    const inputs = inputsOf(options);
    const out = resolve(options.text('out') ?? 'out/study');
    const project = await openProject(
      resolve(positionals[0] ?? join(dist, '../media/sample')),
      join(out, 'work'),
      join(dist, 'training.cjs'),
    );
    const examiner = await openExaminer(project, join(out, 'work'), context);
    const results = await Results.open(out, project, examiner);
    try {
      if (!options.has('report'))
        await conduct(results, choice, options.integer('jobs') ?? availableParallelism(), context);
    } catch (error) {
      if (!signal.aborted) throw error;
      progress('Interrupted: the same command goes on from here. The report is of what is done.');
    }
    const runs = await allRuns(results, choice);
    const left = results.earlier.length - runs.kept;
    if (left > 0) {
      progress(
        `${left} runs of the study.json that was there are of another policy, data, trainer or choice: left out`,
      );
    }
    const findings = findingsOf(runs, await examiner.examine(join(project.folder, projectFiles.policy)), inputs);
    return write(out, project, runs, findings);
  },
  print: ({ report, findings: { missing } }: StudyMade) =>
    `${report}${missing.length > 0 ? `: ${missing.length} runs are missing` : ''}`,
};

function choiceOf(options: Arguments): StudyChoice {
  const names = (option: string, known: readonly string[]): string[] => {
    const chosen = options.text(option)?.split(',') ?? [];
    const strange = chosen.find((name) => !known.includes(name));
    if (strange !== undefined) throw new UsageError(`--${option} ${strange}: there are ${known.join(', ')}`);
    return chosen;
  };
  const count = (option: string): number | undefined => {
    const value = options.integer(option);
    if (value !== undefined && value < 1) throw new UsageError(`--${option} must be at least 1, not ${value}`);
    return value;
  };
  const rate = options.number('rate') ?? null;
  if (rate !== null && rate <= 0) throw new UsageError(`--rate must be more than 0, not ${rate}`);
  count('jobs');
  return {
    seeds: count('seeds') ?? 5,
    arms: names('arms', armNames),
    settings: names(
      'settings',
      settings.map(({ name }) => name),
    ),
    iterations: count('iterations') ?? Infinity,
    rate,
  };
}

function inputsOf(options: Arguments): Inputs {
  const given = options.text('assume')?.split(',') ?? [];
  const values = given.map((text) => {
    const [name, value] = text.split('=');
    if (!inputNames.some((known) => known === name)) {
      throw new UsageError(`--assume ${text}: the inputs are ${inputNames.join(', ')}`);
    }
    if (!(Number(value) > 0 && Number.isFinite(Number(value)))) {
      throw new UsageError(`--assume ${text}: a number above 0 must stand behind the “=”`);
    }
    if (shares.includes(name) && Number(value) > 1) {
      throw new UsageError(`--assume ${text}: ${name} is a share, 1 at most`);
    }
    return [name, Number(value)] as const;
  });
  return assumed(Object.fromEntries(values));
}

/**
 * The chosen runs, and what is there of the others as if all had been asked for: the same policy, data, trainer, iterations and rates.
 * Missing are chosen ones alone. `kept` counts those that the former study.json holds, too.
 */
async function allRuns(results: Results, choice: StudyChoice): Promise<StudyRuns & { kept: number }> {
  const { missing } = await runsSoFar(results, choice);
  const seeds = results.earlier.flatMap(({ purpose, seed }) => (purpose === 'judge' ? seed : []));
  const whole = { ...choice, arms: [], settings: [], seeds: Math.max(choice.seeds, ...seeds) };
  const runs = await runsSoFar(results, whole);
  const keys = new Set([...runs.tuned, ...runs.judged].map(({ key }) => key));
  return { ...runs, missing, kept: results.earlier.filter(({ key }) => keys.has(key)).length };
}

/** Reads the clips of all prompts, which the runs then share. */
async function openExaminer(project: Project, work: string, { signal, progress }: CommandContext): Promise<Examiner> {
  const { config } = await Policy.load(join(project.folder, projectFiles.policy));
  const prefix = config.audio_visual_prefix;
  if (!prefix)
    throw new Error(`${project.folder} has a policy that neither sees nor hears: the study needs the sample's`);
  const { train, validation, test } = project.prompts;
  progress('Reading the clips…');
  const clips = await readClips([...train, ...validation, ...test], {
    folder: work,
    prefix,
    progress: () => undefined,
    signal,
  });
  return new Examiner(test, clips);
}

async function write(out: string, project: Project, runs: StudyRuns, findings: Findings): Promise<StudyMade> {
  const [report, data] = [join(out, 'report.md'), dataFile(out)];
  const drawn = await figures(runs.judged, findings);
  for (const [name, svg] of drawn) await writeWhole(join(out, name), svg);
  const { fingerprint, prompts } = project;
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: String(availableParallelism()),
  };
  const facts = {
    findings,
    figures: new Set(drawn.keys()),
    prompts: { train: prompts.train.length, validation: prompts.validation.length, test: prompts.test.length },
    fingerprint,
    machine,
  };
  await writeWhole(report, reportText(facts));
  const whole = { fingerprint, machine, prompts: facts.prompts, findings, runs: [...runs.tuned, ...runs.judged] };
  await writeWhole(data, `${JSON.stringify(whole)}\n`);
  return { report, data, findings };
}
