/** What a rule is by which an evaluation reads the answer out of a reply. Pure. */
import type { Prompt } from '../../domain/rollout.ts';

/** Of each benchmark its authors' rule, then those of others. */
export const ruleNames = [
  'ours',
  'video-holmes',
  'vlmevalkit-video-holmes',
  'lmms-eval-video-holmes',
  'avatar-video-holmes',
  'omnibench',
  'lmms-eval-omnibench',
  'avatar-omnibench',
  'lmms-eval-mmvu',
  'avatar-mmvu',
] as const;
export type RuleName = (typeof ruleNames)[number];

/** What was asked, as a rule sees it. `options` are lettered texts ("A. red"), as Prompt has them. */
export type Question = Pick<Prompt, 'question' | 'options' | 'answer' | 'problemType'>;

export interface AnswerReading {
  /** The answer that the rule takes from the reply, as the rule's authors would print it; null where it reads none. */
  extracted: string | null;
  correct: boolean;
  /** How it was found, in a few words of plain English. */
  how: string;
  /** The part of the reply that was taken, in UTF-16 units; null where none was. */
  at: { start: number; end: number } | null;
}

export interface AnswerRule {
  name: RuleName;
  title: string;
  /** Project, file and version that it was read from; and what its authors do where nothing is read (e.g. a random choice). */
  source: string;
  /** Whether the rule is defined for this question (e.g. multiple choice only; up to F). */
  reads(question: Question): boolean;
  /** Of a question that it is defined for. Takes a time linear in the reply. */
  read(reply: string, question: Question): AnswerReading;
}

/** A reading before it is compared with the true answer. */
export type Found = Omit<AnswerReading, 'correct'>;

/** What is read where there is no answer. */
export const nothing = (how: string): AnswerReading => ({ extracted: null, correct: false, how, at: null });
