/** Writes judgements of steps as files that trainers of process reward models read. */
import { correctness } from '../domain/correctness.ts';
import { editLine, textHash } from '../domain/edit.ts';
import type { StepJudgement, StepVerdict } from '../domain/judgement.ts';
import { loggedPrompt } from '../domain/prompt-text.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { JudgementRow } from '../store/store.ts';
import { writeKept, type Left } from './write-kept.ts';

export const judgementExports = ['trl', 'prm800k', 'math-shepherd', 'rollout-lab'] as const;
export type JudgementExport = (typeof judgementExports)[number];

/** What one annotator says of the steps of one rollout. */
export interface Judged {
  prompt: Prompt;
  rollout: Rollout;
  judgement: JudgementRow;
}

/** How many judged rollouts a file holds, one for each annotator, and how many were left out for what reason. */
export interface JudgementCount {
  judgements: number;
  left: Left[];
}

/** A step as a trainer learns from it: its text, without the white space around it. */
interface Step extends Pick<StepJudgement, 'verdict' | 'error'> {
  text: string;
}

/**
 * Writes `rows` to the file `out`, streaming. `rollout-lab` loses nothing: lines of a journal, which an import brings onto the same rollouts.
 * The others hold a completion from its start to the last step that is judged, one after the other; it is left out where text before that
 * is not judged.
 */
export async function writeJudgements(
  out: string,
  format: JudgementExport,
  rows: Iterable<Judged>,
): Promise<JudgementCount> {
  const { count, left } = await writeKept(out, rows, (row) => lineOf(format, row));
  return { judgements: count, left };
}

function lineOf(format: JudgementExport, judged: Judged): { text: string } | { reason: string } {
  if (format === 'rollout-lab') return { text: ownLine(judged) };
  const steps = stepsOf(judged.rollout.completion, judged.judgement.steps);
  if (steps === null) return { reason: 'text before a judged step is not judged' };
  switch (format) {
    case 'trl':
      return { text: line(trlRow(judged, steps)) };
    case 'prm800k':
      return { text: line(prm800kRow(judged, steps)) };
    case 'math-shepherd': {
      const prompt = promptOf(judged);
      if ([prompt, ...steps.map(({ text }) => text)].some((text) => text.includes(stepMark)))
        return { reason: `its text has “${stepMark}”, by which Math-Shepherd knows the end of a step` };
      if (firstStep.test(prompt))
        return { reason: 'its prompt has “Step 1:”, where Math-Shepherd begins the solution' };
      return { text: line(mathShepherdRow(judged, prompt, steps)) };
    }
  }
}

const line = (row: object): string => `${JSON.stringify(row)}\n`;

const promptOf = ({ prompt, rollout }: Judged): string => loggedPrompt(prompt, rollout);

/** The judged steps in their order; null where text before the last of them is not judged. */
function stepsOf(completion: string, steps: readonly StepJudgement[]): Step[] | null {
  let end = 0;
  for (const step of steps) {
    if (completion.slice(end, step.start).trim() !== '') return null;
    end = step.end;
  }
  return steps
    .map(({ start, end, verdict, error }) => ({ text: completion.slice(start, end).trim(), verdict, error }))
    .filter(({ text }) => text !== '');
}

const isCorrect = ({ verdict }: Pick<Step, 'verdict'>): boolean => verdict === 'correct';

/** TRL's stepwise supervision (`prompt`, `completions`, `labels`); the rest tells what was said, of what and by whom. */
function trlRow(judged: Judged, steps: readonly Step[]): object {
  return {
    prompt: promptOf(judged),
    completions: steps.map(({ text }) => text),
    labels: steps.map(isCorrect),
    verdicts: steps.map(({ verdict }) => verdict),
    errors: steps.map(({ error }) => error),
    problem_id: judged.prompt.sourceId ?? judged.prompt.id,
    rollout: judged.rollout.id,
    annotator: judged.judgement.annotator,
  };
}

const ratings: Record<StepVerdict, number> = { correct: 1, wrong: -1, unsupported: -1 };

/** A line of PRM800K as its README describes it, without what only its own collection knew. */
function prm800kRow({ prompt, rollout, judgement }: Judged, steps: readonly Step[]): object {
  const isWhole = rollout.completion.slice(judgement.steps.at(-1)?.end).trim() === '';
  const isSolved = isWhole && correctness(rollout.rewards, rollout.reward)?.right === true;
  return {
    labeler: judgement.annotator,
    timestamp: judgement.savedAt,
    generation: null,
    is_quality_control_question: false,
    is_initial_screening_question: false,
    question: { problem: loggedPrompt(prompt, rollout), ground_truth_answer: prompt.answer },
    label: {
      steps: steps.map(({ text, verdict, error }) => ({
        completions: [{ text, rating: ratings[verdict], flagged: false, verdict, error }],
        human_completion: null,
        chosen_completion: 0,
      })),
      total_time: null,
      finish_reason: !steps.every(isCorrect) ? 'found_error' : isSolved ? 'solution' : 'give_up',
    },
  };
}

/** What ends a step in Math-Shepherd's `input`; in its `label` there is + or − instead. */
const stepMark = 'ки';
const firstStep = /[Ss]tep 1:/u;

/** A line of Math-Shepherd: the problem and its steps, each numbered and ended by a mark, with the marks' labels beside. */
function mathShepherdRow({ prompt: { dataset } }: Judged, prompt: string, steps: readonly Step[]): object {
  const written = (mark: (step: Step) => string): string =>
    `${prompt.trim()} ${steps.map((step, i) => `Step ${i + 1}: ${step.text} ${mark(step)}`).join('\n')}`;
  return {
    input: written(() => stepMark),
    label: written((step) => (isCorrect(step) ? '+' : '-')),
    task: dataset,
  };
}

/** What a journal has of it. */
function ownLine({ rollout, judgement: { annotator, steps, savedAt } }: Judged): string {
  const on = { rollout: rollout.id, text: textHash(rollout.completion), annotator, at: savedAt };
  return editLine({ kind: 'judgement', ...on, action: 'set', steps });
}
