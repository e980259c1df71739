import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import type { Arguments, CommandId, Result } from './command.ts';
import * as plain from './plain-window.ts';

/**
 * What each command does. Its types say what we and the manifest's menus pass; keybindings and other extensions pass what they like, so a
 * handler that takes something checks it.
 */
export type Handlers = { [Id in CommandId]: (...args: Arguments<Id>) => Result<Id> | Promise<Result<Id>> };

/** Runs a command of ours, which tells its failure itself: then there is no result. */
export async function runCommand<Id extends CommandId>(
  id: Id,
  ...args: Arguments<Id>
): Promise<Result<Id> | undefined> {
  return vscode.commands.executeCommand<Result<Id> | undefined>(id, ...args);
}

/** A command of ours for a row of a tree. */
export function commandOf<Id extends CommandId>(id: Id, title: string, ...args: Arguments<Id>): vscode.Command {
  return { command: id, title, arguments: args };
}

/**
 * Registers every command. A failure is logged with its stack and told to the user in its own words; a cancelled one is
 * silent.
 */
export function registerCommands(handlers: Handlers, log: vscode.LogOutputChannel): vscode.Disposable {
  const registered = Object.entries(handlers as Record<string, (...args: unknown[]) => unknown>).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await run(...args);
      } catch (error) {
        tellFailure(id, error, log);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

/** Tells a failure of what a person asked for; a cancelled one is silent. */
export function tellFailure(what: string, error: unknown, log: vscode.LogOutputChannel): void {
  if (error instanceof vscode.CancellationError) return;
  log.error(`${what}:`, error);
  void showFailure(error, log);
}

async function showFailure(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  const message = errorText(error);
  if ((await plain.showErrorMessage(message, t('Show Log'))) === t('Show Log')) log.show();
}
