import type { AnswerJudge, AnswerVerdict } from '../domain/answer-verdict.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { CommentChangeRow, CorrectionRow, JudgementRow, PreferenceRow, TagRow } from '../store/store.ts';
import type { LabelDraft } from './draft.ts';

/** One rollout to write, with its prompt and its labels. */
export interface Written {
  prompt: Prompt;
  rollout: Rollout;
  /** `savedAt` is ISO 8601. */
  labels: readonly (LabelDraft & { savedAt: string })[];
  /** Every change of its comments, oldest first. */
  comments?: readonly CommentChangeRow[];
  tags?: readonly TagRow[];
  /** What each annotator says of its steps. */
  judgements?: readonly JudgementRow[];
  /** What each annotator says of it against others. */
  preferences?: readonly PreferenceRow[];
  /** What each annotator writes in place of its completion. */
  corrections?: readonly CorrectionRow[];
  /** The name of the evaluation that it is of. */
  evaluation?: string;
  /** What the evaluation's judge says of it. */
  verdict?: AnswerVerdict & AnswerJudge;
}
