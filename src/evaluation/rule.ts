/** The rules by which an evaluation reads answers, by name (docs/evaluation.md). */
import { ours } from './rules/ours.ts';
import type { AnswerRule, RuleName } from './rules/rule.ts';

export { ruleNames, type AnswerReading, type AnswerRule, type Question, type RuleName } from './rules/rule.ts';

export const rules: Readonly<Record<RuleName, AnswerRule>> = { ours };
