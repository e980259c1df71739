/** The rules by which an evaluation reads answers, by name (docs/evaluation.md, "Rules"). */
import { avatarMmvu, avatarOmniBench, avatarVideoHolmes } from './rules/avatar.ts';
import { lmmsEvalMmvu } from './rules/lmms-eval-mmvu.ts';
import { lmmsEvalOmniBench, lmmsEvalVideoHolmes, omniBench } from './rules/mmmu.ts';
import { ours } from './rules/ours.ts';
import type { AnswerRule, RuleName } from './rules/rule.ts';
import { videoHolmes, vlmevalkitVideoHolmes } from './rules/video-holmes.ts';

export { ruleNames, type AnswerReading, type AnswerRule, type Question, type RuleName } from './rules/rule.ts';

export const rules: Readonly<Record<RuleName, AnswerRule>> = {
  ours,
  'video-holmes': videoHolmes,
  'vlmevalkit-video-holmes': vlmevalkitVideoHolmes,
  'lmms-eval-video-holmes': lmmsEvalVideoHolmes,
  'avatar-video-holmes': avatarVideoHolmes,
  omnibench: omniBench,
  'lmms-eval-omnibench': lmmsEvalOmniBench,
  'avatar-omnibench': avatarOmniBench,
  'lmms-eval-mmvu': lmmsEvalMmvu,
  'avatar-mmvu': avatarMmvu,
};
