import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import type { IterationTime } from '../domain/progress.ts';
import { parseJudge } from '../domain/preset.ts';
import { queryFault } from '../domain/rollout-query.ts';
import {
  endpointModel,
  failedText,
  planText,
  spentText,
  suggestByModel,
  type ModelJob,
  type ModelReport,
  type PhaseModel,
} from '../training/suggestions/by-model.ts';
import { editorModel } from './editor-model.ts';
import { progressText } from './evaluate-command.ts';
import { judgeSetting, type JudgeKeys } from './judge-key.ts';
import * as plain from './plain-window.ts';
import { needTrust } from './run-supervisor.ts';
import type { StoreParts } from './workspace-store.ts';

/**
 * Has a language model that the person chooses suggest phases, once they have read what is sent where; with a progress notification that can
 * be cancelled. What was suggested is kept, and asked about no more.
 */
export async function suggestPhasesByModel(
  { store, log }: StoreParts & { log: vscode.LogOutputChannel },
  keys: JudgeKeys,
): Promise<void> {
  needTrust(t('Trust this folder to have a language model suggest phases: its rollouts are sent there.'));
  const client = await store.existing();
  if (!client) throw new Error(t('There is nothing to suggest phases for yet: import rollouts first.'));
  const model = await chosenModel(keys);
  const where = model && (await chosenRollouts());
  if (model === null || where === null) return;
  const phases = (await client.phases.get()).map(({ name }) => name);
  const job: ModelJob = { suggestions: client.suggestions, model, phases, where };
  // Every completion is looked at.
  const count = await store.apart((own) => own.suggestions.unsuggestedCount(model.source, where));
  const total = count.rollouts;
  if (total === 0) {
    const reason =
      count.suggested > 0 ? t('all of them have suggestions of this model') : t('there is no such rollout');
    return void plain.showInformationMessage(t('There is nothing to ask about: {0}.', reason));
  }
  const answer = await plain.ask(
    t('Suggest phases for {0} by {1}?', counted(total, 'rollout'), model.name),
    planText(count, job),
    t('Send'),
  );
  if (answer !== t('Send')) return;
  const times: IterationTime[] = [{ iteration: 0, at: Date.now() }];
  const report = await plain.cancellable(t('Suggesting phases'), (signal, say) =>
    suggestByModel(job, count, {
      signal,
      progress: (done, spent) => {
        times.push({ iteration: done, at: Date.now() });
        say(`${progressText({ done, total }, times)}. ${spentText(spent)}`);
      },
    }),
  );
  if (report) void tell(report, log);
  else
    void plain.showInformationMessage(
      t('Phases are suggested for a part of the rollouts. Choose the same again to go on.'),
    );
}

/** Null when the person went back. Throws where there is none to choose. */
async function chosenModel(keys: JudgeKeys): Promise<PhaseModel | null> {
  const chats = await vscode.lm.selectChatModels();
  const ofEditor = chats.map((chat) => ({
    label: chat.name,
    description: `${chat.vendor}/${chat.id}`,
    detail: t('A language model of the editor, which knows where it is and may ask for your consent'),
    open: () => Promise.resolve(editorModel(chat)),
  }));
  const judge = judgeOfSuggestions();
  const choices = [
    ...(judge
      ? [
          {
            label: judge.model,
            description: judge.endpoint,
            detail: t('At the judge’s endpoint, by your settings'),
            open: async () => endpointModel(judge, await keys.of(judge)),
          },
        ]
      : []),
    ...ofEditor,
  ];
  if (choices.length === 0)
    throw new Error(
      t(
        'There is no language model to ask: sign in to one in the editor, or name an endpoint and its model (rolloutLab.judge.endpoint, rolloutLab.suggestions.model).',
      ),
    );
  const picked = await plain.showQuickPick(choices, {
    title: t('Suggest Phases by Language Model'),
    placeHolder: t('Which language model? Nothing is sent yet.'),
  });
  return picked ? picked.open() : null;
}

/** The judge's endpoint with the model for suggestions; null where the settings name none. Throws on one that cannot be. */
function judgeOfSuggestions() {
  const judge = judgeSetting();
  const named = vscode.workspace.getConfiguration('rolloutLab.suggestions').get('model', '').trim();
  const model = named || judge?.model;
  return judge && model ? parseJudge({ ...judge, model }) : null;
}

/** A query line; null when the person went back. */
async function chosenRollouts(): Promise<string | null> {
  const choices = [
    { label: t('Rollouts that nobody has labelled'), where: 'labelled:no' },
    { label: t('All rollouts'), where: '' },
    { label: t('Those that a query keeps…'), detail: t('A line as in the Rollouts table'), where: null },
  ];
  const picked = await plain.showQuickPick(choices, {
    title: t('Suggest Phases by Language Model'),
    placeHolder: t('For which rollouts? Those that have suggestions of this model are left out.'),
  });
  if (!picked || picked.where !== null) return picked?.where ?? null;
  const line = await plain.showInputBox({
    title: t('Suggest Phases by Language Model'),
    prompt: t('A query line, such as correct:no tokens:>800'),
    validateInput: queryFault,
  });
  return line ?? null;
}

async function tell(report: ModelReport, log: vscode.LogOutputChannel): Promise<void> {
  const { rollouts, model } = report;
  const made = t(
    'Suggested phases for {0} by {1}: {2}. Review offers them, to accept or refuse.',
    counted(rollouts, 'rollout'),
    model,
    spentText(report),
  );
  const failed = failedText(report);
  if (failed === null) return void plain.showInformationMessage(made);
  for (const { rollout, reason } of report.failed) log.warn(`no phases for rollout ${rollout}: ${reason}`);
  if ((await plain.showWarningMessage(`${made} ${failed}`, t('Show Log'))) === t('Show Log')) log.show();
}
