import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { statusTexts } from '../domain/run.ts';
import type { RunRow } from '../store/store.ts';
import * as plain from './plain-window.ts';
import type { RunSupervisor } from './run-supervisor.ts';

/**
 * The run a command is meant for: the one its argument names (a tree row or an id), else the only candidate, else the
 * one the user picks. Null when there is none; throws CancellationError when the user picks none.
 */
export async function runFor(
  supervisor: RunSupervisor,
  argument: unknown,
  candidate: (run: RunRow) => boolean,
): Promise<RunRow | null> {
  await supervisor.look();
  const named = supervisor.named(argument);
  if (named) return named;
  const candidates = supervisor.runs.filter(candidate);
  if (candidates.length <= 1) return candidates[0] ?? null;
  const chosen = await plain.showQuickPick(candidates.map(itemOf), { placeHolder: t('Which run?') });
  if (!chosen) throw new vscode.CancellationError();
  return chosen.run;
}

/** Two or more runs to compare, of the store that is worked on: those named by the arguments, else those the user ticks. */
export async function runsToCompare(supervisor: RunSupervisor, args: unknown[]): Promise<RunRow[]> {
  await supervisor.look();
  const asked = args.flat().map((argument) => supervisor.named(argument));
  const named = supervisor.runs.filter((run) => asked.includes(run));
  if (named.length >= 2) return named;
  if (supervisor.runs.length < 2) throw new Error(t('There are no two runs to compare yet.'));
  const chosen = await plain.showQuickPicks(
    supervisor.runs.map((run) => ({ ...itemOf(run), picked: named.includes(run) })),
    { placeHolder: t('Runs to compare') },
  );
  if (!chosen || chosen.length === 0) throw new vscode.CancellationError();
  return chosen.map(({ run }) => run);
}

function itemOf(run: RunRow): vscode.QuickPickItem & { run: RunRow } {
  return { label: run.name, description: `${statusTexts[run.status]} · ${run.iteration}/${run.config.steps}`, run };
}
