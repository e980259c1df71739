import { basename, dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { listText } from '../domain/list-text.ts';
import { plainLine } from '../domain/plain-text.ts';
import { importInWorker } from '../formats/client.ts';
import { allowWhereWritable } from '../video/media-folders.ts';
import { shapeOf, type ColumnMap, type ColumnOffer } from '../formats/columns.ts';
import { endings } from '../formats/ending.ts';
import { foundText, type ImportReport } from '../formats/import-report.ts';
import { tellFailure } from './commands.ts';
import { pickColumns } from './pick-columns.ts';
import * as plain from './plain-window.ts';
import { setContext } from './rollouts-tree.ts';
import { goOn, waysOn } from './welcome.ts';
import type { StoreParts } from './workspace-store.ts';

export interface ImportParts extends StoreParts {
  log: vscode.LogOutputChannel;
  /** What of the last import's files was not taken in, for the Problems panel. */
  rejections: vscode.DiagnosticCollection;
  /** Keeps the columns that were chosen. */
  memory: vscode.Memento;
}

/** Columns by the shape of their files. */
const columnsKey = 'rolloutLab.columns';
type ColumnMaps = Readonly<Record<string, ColumnMap>>;

/** The columns that were chosen before. */
export const columnMaps = (memory: vscode.Memento): ColumnMaps => memory.get<ColumnMaps>(columnsKey, {});

/**
 * Imports the files and folders that the explorer passed, or that the user picks. Of a file of no known format that is one of them, it
 * asks for the columns; of those in a folder, when the user wants to. Media folders are asked for afterwards, and only when imported
 * prompts name media that is not there.
 */
export async function importRollouts(parts: ImportParts, args: unknown[]): Promise<ImportReport | null> {
  const picked = urisOf(args) ?? (await pickFiles(parts));
  if (!picked) return null;
  const paths = picked.map(({ fsPath }) => fsPath);
  const update = await askUpdate(parts, paths);
  if (update === null) return null;
  parts.rejections.clear();
  const report = await importPaths(parts, paths, { update });
  if (!report) return null;
  const asked = offered(report).filter(({ file }) => paths.includes(file));
  const byColumns = await importByColumns(parts, asked, update);
  if (!byColumns || report.rows > 0 || report.rejected.length > asked.length) await tell(parts, paths, report);
  return byColumns ?? report;
}

/** Whether rollouts that are there already from these paths are to be brought up to date; null when the person goes back. */
async function askUpdate({ store }: ImportParts, paths: string[]): Promise<boolean | null> {
  // Looking for them may take a while, and keeps no label waiting.
  if (!store.exists || !(await store.apart((client) => client.rollouts.isImported(paths)))) return false;
  const again = {
    label: t('Import Again and Keep Labels'),
    detail: t(
      'Rollouts that are there get the rewards, advantages and tokens that are read now; labels, judgements, preferences, corrections, comments and marks stay',
    ),
    update: true,
  };
  const add = { label: t('Add What Is New'), detail: t('Rollouts that are there stay as they are'), update: false };
  const picked = await plain.showQuickPick([again, add], {
    placeHolder: t('Rollouts of this are in the store already'),
  });
  return picked?.update ?? null;
}

/** A file that can be read by its columns. */
interface Offered {
  file: string;
  offer: ColumnOffer;
}

const offered = ({ rejected }: ImportReport): Offered[] =>
  rejected.flatMap(({ file, offer }) => (offer ? [{ file, offer }] : []));

/** Asks for the columns of these files, once for those of one shape, keeps them, and imports the files; null when none is to be read. */
async function importByColumns(
  parts: ImportParts,
  files: readonly Offered[],
  update = false,
): Promise<ImportReport | null> {
  const chosen: string[] = [];
  for (const [shape, alike] of Map.groupBy(files, ({ offer }) => shapeOf(offer))) {
    const maps = columnMaps(parts.memory);
    const [{ offer }] = alike;
    const names = alike.map(({ file }) => file);
    const map = await pickColumns(names, offer, maps[shape] ?? offer.guess);
    if (!map) continue;
    await parts.memory.update(columnsKey, { ...maps, [shape]: map });
    chosen.push(...names);
  }
  if (chosen.length === 0) return null;
  for (const file of chosen) parts.rejections.delete(vscode.Uri.file(file));
  const report = await importPaths(parts, chosen, { update });
  if (report) await tell(parts, chosen, report);
  return report;
}

/** Imports with a progress notification that can be cancelled; null when it was. What was read before stays. */
async function importPaths(
  { store, dist, rejections, memory }: ImportParts,
  paths: string[],
  { media, extract, update = false }: { media?: string; extract?: string; update?: boolean } = {},
): Promise<ImportReport | null> {
  const roots = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const report = await plain.cancellable(t('Importing rollouts'), (signal, say) =>
    store.beside((store) =>
      importInWorker(
        store,
        paths,
        {
          roots,
          maps: columnMaps(memory),
          update,
          ...(media === undefined ? {} : { media }),
          ...(extract === undefined ? {} : { extract }),
          signal,
          onProgress: ({ file, index, files, rollouts, rejected, extracted }) => {
            const came = [
              t('{0} rollouts', rollouts),
              ...(extracted > 0 ? [counted(extracted, 'media file')] : []),
              ...(rejected > 0 ? [t('{0} lines rejected', rejected)] : []),
            ];
            say(`${t('{0} ({1} of {2})', basename(file), index + 1, files)}: ${came.join(', ')}`);
          },
        },
        join(dist, 'import-worker.cjs'),
      ),
    ),
  );
  if (!report) {
    void plain.showInformationMessage(t('The import was cancelled: what was read before stays.'));
    return null;
  }
  await allowWhereWritable(dirname(store.file!), [...paths, ...(media === undefined ? [] : [media])], (text) => {
    void plain.showWarningMessage(text);
  });
  mark(rejections, report);
  return report;
}

/** Marks what was rejected where it stands. */
export function mark(rejections: vscode.DiagnosticCollection, { rejected }: ImportReport): void {
  for (const [file, lines] of Map.groupBy(rejected, ({ file }) => file)) {
    const faults = lines.map(({ line, reason }) => {
      const start = new vscode.Position(Math.max(line - 1, 0), 0);
      const fault = plain.diagnostic(new vscode.Range(start, start), reason, vscode.DiagnosticSeverity.Warning);
      fault.source = 'Rollout Lab';
      return fault;
    });
    rejections.set(vscode.Uri.file(file), faults);
  }
}

/** Says in the log what was rejected, and what is to be known of the files. */
export function logLines(log: vscode.LogOutputChannel, { rejected, notes }: ImportReport): void {
  for (const { file, line, reason } of rejected) log.warn(plainLine(`${file}${line > 0 ? `:${line}` : ''}: ${reason}`));
  for (const { file, text } of notes) log.info(plainLine(`${file}: ${text}`));
}

async function tell(parts: ImportParts, paths: string[], report: ImportReport): Promise<void> {
  // A step of the walkthrough.
  void setContext('imported', true);
  const { log } = parts;
  const {
    rollouts,
    prompts,
    labels,
    comments,
    judgements = 0,
    preferences = 0,
    corrections = 0,
    edits = 0,
    duplicates,
    files,
    rejected,
    notes,
    updated,
    mapped = [],
    extracted = 0,
    embedded = [],
  } = report;
  const unknown = offered(report);
  const taken = listText([
    counted(rollouts, 'rollout'),
    counted(prompts, 'new prompt'),
    counted(labels, 'new label'),
    ...(comments > 0 ? [counted(comments, 'new comment')] : []),
    ...(judgements > 0 ? [t('new judgements of {0}', counted(judgements, 'rollout'))] : []),
    ...(preferences > 0 ? [counted(preferences, 'new preference')] : []),
    ...(corrections > 0 ? [counted(corrections, 'new correction')] : []),
    ...(edits > 0 ? [counted(edits, 'edit')] : []),
    ...(extracted > 0 ? [counted(extracted, 'media file')] : []),
  ]);
  const left = updated?.left ?? [];
  const text =
    duplicates > 0
      ? t('Imported {0} from {1}, {2} already there.', taken, counted(files, 'file'), duplicates)
      : t('Imported {0} from {1}.', taken, counted(files, 'file'));
  log.info(text);
  if (updated) log.info(`Found again: ${foundText(updated.found) || 'none'}`);
  logLines(log, report);
  for (const { file, rollout, reason } of left) log.warn(plainLine(`${file}: ${rollout}: ${reason}`));
  const missing = await (await parts.store.open()).prompts.lackMedia();
  const actions = [
    ...(rollouts > 0 ? waysOn : []),
    ...(rejected.length > 0 ? [t('Show Rejected Lines')] : []),
    ...(unknown.length > 0 ? [t('Choose Columns…')] : mapped.length > 0 ? [t('Change Columns…')] : []),
    ...(embedded.length > 0 ? [t('Extract Media')] : []),
    ...(missing ? [t('Choose Media Folder…')] : []),
    ...(notes.length > 0 || left.length > 0 ? [t('Show Log')] : []),
  ];
  const held = embedded.reduce((sum, { rows }) => sum + rows, 0);
  const told = [
    text,
    ...(updated ? [t('Brought up to date: {0}.', counted(updated.rollouts, 'rollout'))] : []),
    ...(left.length > 0 ? [t('Some stayed as they were: {0}, told in the log.', counted(left.length, 'rollout'))] : []),
    ...(rejected.length > 0 ? [t('Rejected: {0}.', counted(rejected.length, 'line'))] : []),
    ...(mapped.length > 0 ? [t('{0} read by the columns that you chose.', counted(mapped.length, 'file'))] : []),
    ...(notes.length > 0 ? [`${basename(notes[0].file)}: ${notes[0].text}.`] : []),
    ...(notes.length > 1 ? [t('{0} in the log.', counted(notes.length - 1, 'more note'))] : []),
    ...(held > 0
      ? [t('{0} hold their media as bytes: extract them into the project to see them.', counted(held, 'row'))]
      : []),
    ...(missing ? [t('Some prompts have no video yet: choose the folder, or a dataset file, that holds it.')] : []),
  ];
  const message = rejected.length > 0 ? plain.showWarningMessage : plain.showInformationMessage;
  // Not awaited: the command is done, whatever is chosen here and whenever.
  const next = async (choice: string | undefined): Promise<void> => {
    await goOn(choice, parts.store);
    if (choice === t('Show Rejected Lines')) await vscode.commands.executeCommand('workbench.actions.view.problems');
    if (choice === t('Show Log')) log.show();
    if (choice === t('Choose Columns…')) await importByColumns(parts, unknown);
    // What came of the columns before is to be what comes of these.
    if (choice === t('Change Columns…')) await importByColumns(parts, mapped, true);
    const holding = embedded.map(({ file }) => file);
    if (choice === t('Extract Media')) await extractMedia(parts, holding);
    if (choice === t('Choose Media Folder…')) await joinMedia(parts, paths);
  };
  void message(told.join(' '), ...actions).then((choice) =>
    next(choice).catch((error: unknown) => tellFailure('rolloutLab.importRollouts', error, log)),
  );
}

/** Reads the files again that hold media, and writes those beside the store. */
async function extractMedia(parts: ImportParts, paths: string[]): Promise<void> {
  parts.rejections.clear();
  const report = await importPaths(parts, paths, { extract: join(dirname(parts.store.file!), 'extracted-media') });
  if (report) await tell(parts, paths, report);
}

/** Reads the same files again, now with a folder to look in for their media. */
async function joinMedia(parts: ImportParts, paths: string[]): Promise<void> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title: t('Folder with the videos, or a dataset file that names them'),
      canSelectFiles: true,
      canSelectFolders: true,
      openLabel: t('Use'),
      defaultUri: vscode.Uri.file(dirname(paths[0])),
    })) ?? [];
  if (!chosen) return;
  const { type } = await vscode.workspace.fs.stat(chosen);
  parts.rejections.clear();
  const report =
    type === vscode.FileType.Directory
      ? await importPaths(parts, paths, { media: chosen.fsPath })
      : await importPaths(parts, [chosen.fsPath, ...paths]);
  if (report) await tell(parts, paths, report);
}

/** The explorer passes the clicked item and all selected ones; the palette passes nothing. */
function urisOf([clicked, selected]: unknown[]): vscode.Uri[] | null {
  if (Array.isArray(selected) && selected.every((uri) => uri instanceof vscode.Uri)) return selected;
  return clicked instanceof vscode.Uri ? [clicked] : null;
}

/** Desktop dialogs of Windows and Linux open files or folders, never both: there it must be asked which. */
async function pickFiles({ store }: ImportParts): Promise<vscode.Uri[] | undefined> {
  const both = process.platform === 'darwin' || vscode.env.uiKind === vscode.UIKind.Web || vscode.env.remoteName;
  const files = {
    label: t('Files…'),
    detail: t(
      'Rollout dumps and datasets of trainers, labels, and tables by their columns: {0}',
      endings.map((one) => `.${one}`).join(', '),
    ),
    folder: false,
  };
  const folder = { label: t('Folder…'), detail: t('All dumps and datasets in it'), folder: true };
  const kind = both
    ? undefined
    : await plain.showQuickPick([files, folder], { placeHolder: t('What do you want to import?') });
  if (!both && !kind) return undefined;
  return vscode.window.showOpenDialog({
    title: t('Import Rollouts'),
    canSelectMany: true,
    canSelectFiles: !kind?.folder,
    canSelectFolders: kind?.folder ?? true,
    openLabel: t('Import'),
    defaultUri: store.folder?.uri,
    filters: {
      [t('Rollouts, datasets and labels')]: [...endings, 'gz', 'zst'],
      [t('All files')]: ['*'],
    },
  });
}
