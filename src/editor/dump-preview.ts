/** The preview of a dump: an editor that only reads, beside the text editor, which stays the one that opens files. */
import { unwatchFile, watchFile, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { defaultPhases } from '../domain/phase.ts';
import { errorText } from '../domain/error-text.ts';
import { previewInWorker } from '../formats/client.ts';
import { endings } from '../formats/ending.ts';
import { previewProtocol, type PreviewProtocol, type PreviewSnapshot } from '../protocol/preview.ts';
import { runCommand } from './commands.ts';
import { columnMaps } from './import-command.ts';
import { Panel } from './panel.ts';
import type { Stores } from './stores.ts';

export interface PreviewParts {
  stores: Stores;
  /** The dist folder. */
  dist: string;
  assets: vscode.Uri;
  log: vscode.LogOutputChannel;
  /** Keeps the columns that were chosen. */
  memory: vscode.Memento;
}

/** The editor's name in the manifest. */
const viewType = 'rolloutLab.preview';

/** Between two looks at the file, in ms. They are looks, not a watch: a file that another machine writes tells of nothing. */
const pause = 2_000;

export function registerPreview(parts: PreviewParts): vscode.Disposable {
  return vscode.window.registerCustomEditorProvider(
    viewType,
    {
      openCustomDocument: (uri) => ({ uri, dispose: () => undefined }),
      resolveCustomEditor: ({ uri }, view) => show(parts, uri, view),
    },
    { supportsMultipleEditorsPerDocument: true },
  );
}

/** Shows the file that the explorer passed, or that the person picks. */
export async function previewDumpCommand({ stores }: PreviewParts, clicked: unknown): Promise<void> {
  const picked = clicked instanceof vscode.Uri ? clicked : await pickFile(stores.current.folder?.uri);
  if (picked) await vscode.commands.executeCommand('vscode.openWith', picked, viewType);
}

function show(parts: PreviewParts, uri: vscode.Uri, view: vscode.WebviewPanel): void {
  const name = basename(uri.fsPath);
  const panel = new Panel<PreviewProtocol>({
    panel: view,
    assets: parts.assets,
    page: 'preview',
    protocol: previewProtocol,
    log: parts.log,
    handlers: {
      open: () => runCommand('rolloutLab.importRollouts', uri).then(() => null),
      readAgain: () => {
        refresh();
        return null;
      },
    },
  });
  const refresh = panel.refresher(async () => {
    panel.publish('snapshot', { status: 'reading', name });
    const read = await readPreview(parts, uri, panel.signal).catch((error: unknown): PreviewSnapshot => {
      return { status: 'failed', name, message: errorText(error) };
    });
    panel.publish('snapshot', read);
  });
  // A page that is not seen is renewed when it is.
  let isStale = true;
  const renew = (): void => {
    if (!isStale || !view.visible) return;
    isStale = false;
    refresh();
  };
  const look = ({ nlink }: Stats): void => {
    // What was read of a file that is gone stays shown.
    isStale = nlink > 0;
    panel.publish('fate', { became: isStale ? 'changed' : 'deleted', at: Date.now() });
    renew();
  };
  panel.own(view.onDidChangeViewState(renew), new vscode.Disposable(() => unwatchFile(uri.fsPath, look)));
  if (uri.scheme === 'file') watchFile(uri.fsPath, { interval: pause }, look);
  renew();
}

async function readPreview(
  { stores, dist, memory }: PreviewParts,
  uri: vscode.Uri,
  signal: AbortSignal,
): Promise<PreviewSnapshot> {
  const { scheme, fsPath } = uri;
  if (scheme !== 'file') throw new Error(t('only a file on the disk can be read: save it there first'));
  // A store that cannot be opened has another place to say so.
  const phases = await stores
    .of(uri)
    .existing()
    .then((client) => client?.phases.get())
    .catch(() => undefined);
  const preview = await previewInWorker(
    fsPath,
    { maps: columnMaps(memory), phases: phases ?? defaultPhases },
    signal,
    join(dist, 'preview-worker.cjs'),
  );
  return { status: 'read', name: basename(fsPath), ...preview };
}

async function pickFile(defaultUri: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Preview Dump'),
    openLabel: t('Preview'),
    defaultUri,
    filters: { [t('Rollouts, datasets and labels')]: [...endings, 'gz', 'zst'], [t('All files')]: ['*'] },
  });
  return picked?.[0];
}
