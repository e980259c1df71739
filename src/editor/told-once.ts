import type * as vscode from 'vscode';
import * as plain from './plain-window.ts';

const key = 'told';

/** Says what a person should know, once a workspace. */
export function tellOnce(memory: vscode.Memento, text: string): void {
  const told = memory.get<string[]>(key, []);
  if (told.includes(text)) return;
  void memory.update(key, [...told, text]);
  void plain.showWarningMessage(text);
}
