/**
 * The parts of `vscode.window` that show text, in which text is text: names and errors come from stores, dumps and settings of
 * folders that nobody need trust. The linter keeps all other files from calling those of `vscode.window` itself.
 */
import * as vscode from 'vscode';
import { editorText } from './editor-text.ts';

type Show = <Action extends string>(message: string, ...actions: Action[]) => Thenable<Action | undefined>;

const plainly =
  (show: Show): Show =>
  (message, ...actions) =>
    show(editorText(message), ...actions);

export const showInformationMessage = plainly(vscode.window.showInformationMessage);
export const showWarningMessage = plainly(vscode.window.showWarningMessage);
export const showErrorMessage = plainly(vscode.window.showErrorMessage);

/** Asks in a dialog that must be answered; undefined when it is cancelled. */
export function ask(question: string, detail: string, ...answers: string[]): Thenable<string | undefined> {
  const options = { modal: true, detail: editorText(detail) };
  return vscode.window.showInformationMessage(editorText(question), options, ...answers);
}

export function withProgress<Result>(
  options: vscode.ProgressOptions & { title: string },
  task: (progress: vscode.Progress<{ message: string }>, token: vscode.CancellationToken) => Thenable<Result>,
): Thenable<Result> {
  return vscode.window.withProgress({ ...options, title: editorText(options.title) }, (progress, token) =>
    task({ report: ({ message }) => progress.report({ message: editorText(message) }) }, token),
  );
}

/**
 * Does work under a progress notification that can be cancelled, which shows what the work tells; null once it was cancelled. Rejects with
 * the work's failure.
 */
export async function cancellable<Result extends object>(
  title: string,
  work: (signal: AbortSignal, tell: (message: string) => void) => Promise<Result>,
): Promise<Result | null> {
  const cancelled = new AbortController();
  try {
    return await withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => {
        token.onCancellationRequested(() => cancelled.abort());
        return work(cancelled.signal, (message) => progress.report({ message }));
      },
    );
  } catch (error) {
    if (cancelled.signal.aborted) return null;
    throw error;
  }
}

/** An item as a quick pick shows it. */
export interface PlainItem<Item> extends vscode.QuickPickItem {
  of: Item;
}

export function plainItems<Item extends vscode.QuickPickItem>(items: readonly Item[]): PlainItem<Item>[] {
  return items.map((item) => ({ ...plainParts(item, ['label', 'description', 'detail']), of: item }));
}

/** A quick pick that takes only `plainItems`. */
export function createQuickPick<Item extends vscode.QuickPickItem>(): vscode.QuickPick<PlainItem<Item>> {
  return vscode.window.createQuickPick<PlainItem<Item>>();
}

/**
 * What is asked stays until it is answered or left by Escape, although something else takes the focus meanwhile, as a panel may
 * between two steps of a form: what was filled in before is not lost.
 */
const stays = { ignoreFocusOut: true } as const;

export async function showQuickPick<Item extends vscode.QuickPickItem>(
  items: readonly Item[],
  options: vscode.QuickPickOptions,
): Promise<Item | undefined> {
  const asked = { ...plainParts(options, ['title', 'placeHolder']), ...stays };
  return (await vscode.window.showQuickPick(plainItems(items), asked))?.of;
}

/** The same for as many as are ticked. */
export async function showQuickPicks<Item extends vscode.QuickPickItem>(
  items: readonly Item[],
  options: vscode.QuickPickOptions,
): Promise<Item[] | undefined> {
  const many = { ...plainParts(options, ['title', 'placeHolder']), ...stays, canPickMany: true } as const;
  return (await vscode.window.showQuickPick(plainItems(items), many))?.map(({ of }) => of);
}

interface InputBox extends vscode.InputBoxOptions {
  /** Why what was typed cannot be taken; null when it can. */
  validateInput(this: void, typed: string): string | null;
}

export function showInputBox({ validateInput: faultOf, ...options }: InputBox): Thenable<string | undefined> {
  const validateInput = (typed: string): string | null => {
    const fault = faultOf(typed);
    return fault === null ? null : editorText(fault);
  };
  return vscode.window.showInputBox({ ...plainParts(options, ['title', 'prompt']), ...stays, validateInput });
}

/** What a tree view asks for its rows. */
interface Rows<Node> {
  readonly onDidChangeTreeData: vscode.Event<Node | undefined | void>;
  getChildren(node?: Node): vscode.ProviderResult<Node[]>;
  /** What a tree needs whose rows are revealed. */
  getParent?(node: Node): vscode.ProviderResult<Node>;
  getTreeItem(node: Node): vscode.TreeItem;
}

interface TreeOptions<Node> extends Omit<vscode.TreeViewOptions<Node>, 'treeDataProvider'> {
  treeDataProvider: Rows<Node>;
}

/** A tree view whose rows are plain, whatever their provider put into them. */
export function createTreeView<Node>(
  id: string,
  { treeDataProvider: rows, ...options }: TreeOptions<Node>,
): vscode.TreeView<Node> {
  const treeDataProvider: vscode.TreeDataProvider<Node> = {
    onDidChangeTreeData: rows.onDidChangeTreeData,
    getChildren: (node) => rows.getChildren(node),
    ...(rows.getParent && { getParent: (node: Node) => rows.getParent!(node) }),
    getTreeItem: (node) => {
      const item = rows.getTreeItem(node);
      const spoken = item.accessibilityInformation;
      if (spoken) item.accessibilityInformation = plainParts(spoken, ['label']);
      return Object.assign(item, plainParts(item, ['label', 'description', 'tooltip']));
    },
  };
  return vscode.window.createTreeView(id, { ...options, treeDataProvider });
}

/** A problem marked in a file. */
export function diagnostic(
  range: vscode.Range,
  fault: string,
  severity?: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  return new vscode.Diagnostic(range, editorText(fault), severity);
}

/** A copy with the texts of these keys plain. */
function plainParts<Whole extends object>(whole: Whole, keys: readonly (keyof Whole)[]): Whole {
  const plain = { ...whole };
  for (const key of keys) {
    const text = plain[key];
    if (typeof text === 'string') plain[key] = editorText(text) as typeof text;
  }
  return plain;
}
