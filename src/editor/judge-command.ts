import { t } from '@vscode/l10n';
import { counted } from '../domain/counted.ts';
import { parseJudge } from '../domain/preset.ts';
import type { IterationTime } from '../domain/progress.ts';
import type { StoreClient } from '../store/client.ts';
import type { EvaluationRow } from '../store/store.ts';
import { judgeReplies, planJudging, planText, unreadText, type Judged } from '../training/evaluation/judge.ts';
import { accuracyText, progressText, readBy } from './evaluate-command.ts';
import { needJudge, type JudgeKeys } from './judge-key.ts';
import * as plain from './plain-window.ts';
import { needTrust } from './run-supervisor.ts';
import type { StoreParts } from './workspace-store.ts';

/**
 * Asks for an evaluation and has the judge of the user's settings judge its replies, once the person has read what is sent where; with a
 * progress notification that can be cancelled. What was judged is kept, and asked about no more.
 */
export async function judgeEvaluation({ store }: StoreParts, keys: JudgeKeys): Promise<void> {
  needTrust(t('Trust this folder to have its evaluations judged: their replies are sent to a judge.'));
  const named = needJudge();
  if (named.model === '') throw new Error(t('Name the judge’s model first: the setting rolloutLab.judge.model.'));
  const judge = parseJudge(named);
  const client = await store.open();
  const evaluation = await chosen(client);
  if (!evaluation) return;
  const { id, name } = evaluation;
  const judging = { evaluations: client.evaluations, id, judge };
  const plan = await planJudging(judging);
  if (plan.missing > 0) {
    const answer = await plain.ask(t('Have {0} judge “{1}”?', judge.model, name), planText(plan, judge), t('Send'));
    if (answer !== t('Send')) return;
  }
  const key = await keys.of(judge);
  const times: IterationTime[] = [{ iteration: 0, at: Date.now() }];
  const judged = await plain.cancellable(t('Judging “{0}”', name), (signal, say) =>
    judgeReplies(judging, plan, {
      ...{ key, signal },
      progress: (done) => {
        times.push({ iteration: done, at: Date.now() });
        say(progressText({ done, total: plan.missing }, times));
      },
    }),
  );
  if (judged) await tell(client, evaluation, judge.model, judged);
  else void plain.showInformationMessage(t('“{0}” is judged in part. Judge it again to go on.', name));
}

async function chosen(client: StoreClient): Promise<EvaluationRow | null> {
  const evaluations = await client.evaluations.all();
  if (evaluations.length === 0)
    throw new Error(t('There is no evaluation yet: evaluate a policy, or import what an evaluation left.'));
  const picked = await plain.showQuickPick(
    evaluations.map((evaluation) => ({
      label: evaluation.name,
      description: counted(evaluation.done, 'rollout'),
      ...(evaluation.judge && { detail: t('Judged by {0}', evaluation.judge.model) }),
      evaluation,
    })),
    { title: t('Judge Evaluation'), placeHolder: t('Which evaluation?') },
  );
  return picked?.evaluation ?? null;
}

async function tell(client: StoreClient, { id, name }: EvaluationRow, model: string, judged: Judged): Promise<void> {
  const found = await readBy(client, id, 'mmvu-judge');
  if (!found) return void plain.showInformationMessage(t('“{0}” has no reply that can be judged.', name));
  const said = t('“{0}”: {1}, by {2}.', name, accuracyText(found), model);
  const unread = unreadText(judged);
  void (unread === null ? plain.showInformationMessage(said) : plain.showWarningMessage(`${said} ${unread}`));
}
