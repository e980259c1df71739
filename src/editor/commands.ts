import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import type { CommandId } from './command-id.ts';
import * as plain from './plain-window.ts';

/** What each command does. Arguments come from keybindings, other extensions and tree rows alike: each handler checks its own. */
export type Commands = Record<CommandId, (...args: unknown[]) => unknown>;

/**
 * Registers every command. A failure is logged with its stack and told to the user in its own words; a cancelled one is
 * silent.
 */
export function registerCommands(commands: Commands, log: vscode.LogOutputChannel): vscode.Disposable {
  const registered = Object.entries(commands).map(([id, run]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await run(...args);
      } catch (error) {
        if (error instanceof vscode.CancellationError) return undefined;
        log.error(`${id}:`, error);
        void showFailure(error, log);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

async function showFailure(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  const message = errorText(error);
  if ((await plain.showErrorMessage(message, 'Show Log')) === 'Show Log') log.show();
}
