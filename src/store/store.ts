/** The store: one SQLite file a workspace, the one place with SQL. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Phase, NewLabel } from '../domain/phase.ts';
import { keepsLabels, phaseMove } from '../domain/phase-schema.ts';
import { undoableKinds, type UndoableKind } from '../domain/review.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { PromptPart, RunPrompts } from '../domain/run-prompts.ts';
import { Activities } from './activity.ts';
import { Agreements } from './agreement.ts';
import { ProgressReport } from './annotator-progress.ts';
import { backUpWhenDue } from './backups.ts';
import { rowFaults } from './checksums.ts';
import { Comments } from './comments.ts';
import { Connection } from './connection.ts';
import { Corrections } from './corrections.ts';
import { copyDatabase } from './copy.ts';
import { Edits, editsOf } from './edits.ts';
import { ErrorTypes } from './error-types.ts';
import { Evaluations } from './evaluations.ts';
import { extractEvaluation, extractRun, promptMedia, type ExtractChange } from './extract.ts';
import { StoreDamaged } from './failure.ts';
import { Gold } from './gold.ts';
import { Judgements } from './judgements.ts';
import { moveLabels } from './label-moves.ts';
import { Labels } from './labels.ts';
import type { MigrationNews } from './migrate.ts';
import { networkOf } from './network.ts';
import { addPhases, Phases } from './phases.ts';
import { existing, makeFolder } from './place.ts';
import { Preferences } from './preferences.ts';
import { PromptTable } from './prompt-table.ts';
import { Prompts } from './prompts.ts';
import { Reviews } from './reviews.ts';
import { addRollouts } from './rollout-writes.ts';
import { RolloutTable } from './rollout-table.ts';
import { Rollouts } from './rollouts.ts';
import type { ImportCount, NewEvaluation, RolloutUpdate, SearchHit, UpdateCount } from './rows.ts';
import { RunLocks } from './run-locks.ts';
import { runPrompts, type PromptChoice } from './run-prompts.ts';
import { Runs } from './runs.ts';
import { Search } from './search.ts';
import { Statuses } from './statuses.ts';
import { Suggestions } from './suggestions.ts';
import { Tags } from './tags.ts';
import { Curves } from './token-curves.ts';
import { applyUpdates } from './updates.ts';
import { Verdicts } from './verdicts.ts';

export { sqliteVersion } from './connection.ts';
export { StoreReplaced } from './place.ts';
export { isStoreFailure } from './failure.ts';
export { StoreReadOnly } from './read-only.ts';
export { RunTaken } from './run-holder.ts';
export { refuseLinks, runFiles, type RunFiles } from './run-files.ts';
export type { ExtractChange } from './extract.ts';
export * from './rows.ts';

/**
 * The SQLite file of a workspace, by its parts; what crosses parts is a method here. Synchronous; the extension host uses it through a
 * worker thread (`openStoreInWorker`). Several processes may have one file open. Methods that name a rollout or a run throw when there is
 * none; those that write throw StoreReplaced when the file is at its path no more.
 */
export class Store {
  readonly prompts: Prompts;
  readonly rollouts: Rollouts;
  readonly curves: Curves;
  readonly table: RolloutTable;
  readonly promptTable: PromptTable;
  readonly phases: Phases;
  readonly errorTypes: ErrorTypes;
  readonly labels: Labels;
  readonly judgements: Judgements;
  readonly preferences: Preferences;
  readonly corrections: Corrections;
  readonly suggestions: Suggestions;
  readonly reviews: Reviews;
  readonly statuses: Statuses;
  readonly tags: Tags;
  readonly comments: Comments;
  readonly activities: Activities;
  readonly agreement: Agreements;
  readonly progress: ProgressReport;
  readonly gold: Gold;
  readonly runs: Runs;
  readonly evaluations: Evaluations;
  readonly verdicts: Verdicts;
  readonly edits: Edits;
  readonly #db: Connection;
  readonly #locks: RunLocks;
  readonly #search: Search;

  private constructor(db: Connection) {
    this.#db = db;
    // One file may have several paths.
    this.#locks = new RunLocks(existing(this.file));
    this.#search = new Search(db);
    this.prompts = new Prompts(db);
    this.rollouts = new Rollouts(db);
    this.curves = new Curves(db, this.rollouts);
    this.table = new RolloutTable(db);
    this.promptTable = new PromptTable(db);
    this.phases = new Phases(db);
    this.errorTypes = new ErrorTypes(db);
    this.labels = new Labels(db, this.phases);
    this.judgements = new Judgements(db, this.errorTypes);
    this.preferences = new Preferences(db);
    this.corrections = new Corrections(db, this.phases);
    this.suggestions = new Suggestions(db, this.phases);
    this.reviews = new Reviews(db);
    this.statuses = new Statuses(db);
    this.tags = new Tags(db);
    this.comments = new Comments(db);
    this.activities = new Activities(db);
    this.agreement = new Agreements(db, this.phases);
    this.progress = new ProgressReport(db, this.prompts);
    this.gold = new Gold(db, this.phases);
    this.runs = new Runs(db, this.file, this.#locks);
    this.evaluations = new Evaluations(db, this.#locks);
    this.verdicts = new Verdicts(db);
    db.editsBefore = () => editsOf(db, null);
    this.edits = new Edits(db, {
      phases: this.phases,
      errorTypes: this.errorTypes,
      comments: this.comments,
      setPhases: (edit) => {
        if (this.edits.has(edit)) return false;
        this.#setPhases(edit.phases, edit.at);
        return true;
      },
    });
  }

  /** Opens a store, made when missing and brought up to date when old. Throws on a newer one or another program's file. */
  static open(file: string, tell?: MigrationNews): Store {
    return new Store(Connection.open(file, tell));
  }

  /** Releases the runs that this process has through it, too. */
  close(): void {
    this.#locks.close();
    this.#db.close();
  }

  get file(): string {
    return resolve(this.#db.file);
  }

  get isOpen(): boolean {
    return this.#db.database.open;
  }

  /** Whether the file that was opened, and SQLite's log beside it, still lie at their path: else every write throws StoreReplaced. */
  isInPlace(): boolean {
    return this.#db.isInPlace;
  }

  /** Why nothing can be saved to it, as a text for people; null where it can. What is read is then the store as it was when it was opened. */
  readOnlyText(): string | null {
    const { readOnly } = this.#db;
    return readOnly && `The store is read-only: ${readOnly}. Nothing can be saved. Refresh reads it anew.`;
  }

  /** What may happen to it in a network folder, as a text for people; null elsewhere. */
  networkText(): string | null {
    const network = networkOf(existing(this.file));
    return (
      network &&
      `The store is in a network folder (${network}). Open it from one machine at a time: two would damage it. A run that another machine trains looks lost here. ` +
        'To keep the store on a disk of this machine, name that in rolloutLab.store, or with --db.'
    );
  }

  /** What became of the store when it was not closed, in words that say what to do; null when all is well. Then every page is read, which takes seconds per GiB. */
  lookOver(): string | null {
    if (this.#db.wasClosed) return this.lostText();
    return this.#db.quickCheck()?.message ?? this.rowText() ?? this.lostText();
  }

  /** That what people wrote, of all rollouts or of one, is not as they saved it, though the file is whole, with what to do; null where it is. */
  rowText(rolloutId?: string): string | null {
    const [first, ...others] = rowFaults(this.#db.database, rolloutId);
    if (first === undefined) return null;
    const more = others.length === 0 ? '' : `, and ${others.length} more rows`;
    return (
      `the store ${this.file} is damaged: ${first}${more}. ` +
      'The command “Rollout Lab: Restore Store…”, or rollout-lab restore --db FILE, goes on with a backup and all later edits; rollout-lab check names the rows.'
    );
  }

  /** The same of edits that its journal has and it has lost, where they can be brought back; looks at the last one alone where that is there. */
  lostText(): string | null {
    if (this.#db.readOnly !== null) return null;
    let lost: number;
    try {
      lost = this.edits.lost();
    } catch (error) {
      if (error instanceof StoreDamaged) return error.message;
      throw error;
    }
    if (lost === 0) return null;
    return (
      `the store ${this.file} has lost ${lost === 1 ? 'an edit' : `${lost} edits`}: its log was removed, or it is an older copy. ` +
      'The command “Rollout Lab: Restore Store…”, or rollout-lab restore --db FILE, brings them back from its journal.'
    );
  }

  /** From now on SQLite lets this connection write nothing: for who only reads. */
  writeNothing(): void {
    this.#db.database.pragma('query_only = ON');
  }

  /** Makes a backup where one is due and returns its path, else null; at most `keep` stay. Takes seconds per 100 MiB: ask a store on a thread of its own. */
  backUpWhenDue(keep: number): string | null {
    return backUpWhenDue(this.#db.database, keep);
  }

  /** A number that is another one whenever anything in the file changed, by this connection or any other. */
  dataVersion(): number {
    const own = this.#db.get<{ changes: number }>('SELECT total_changes() AS changes')!.changes;
    return own + (this.#db.database.pragma('data_version', { simple: true }) as number);
  }

  /**
   * Copies the store to `path`, whole or not at all, while others go on writing; what a removed or replaced store still holds, too.
   * Takes seconds per 100 MiB: ask a store on a thread of its own. Throws when something lies at `path`.
   */
  backup(path: string): void {
    // SQLite would take another store's log at this path for the copy's own.
    const taken = [path, `${path}-wal`, `${path}-journal`].find((file) => existsSync(file));
    if (taken !== undefined) throw new Error(`${taken} is there already: name another file for the copy`);
    makeFolder(path);
    copyDatabase(this.#db.database, path);
  }

  /** What there is of the prompts that a run names, which goes over all of them. */
  runPrompts(choice: PromptChoice): RunPrompts {
    return runPrompts(this.#db, choice);
  }

  /** The media of such prompts, each path once, as extracts rename them. */
  promptMedia(part: PromptPart): string[] {
    return promptMedia(this.#db, part);
  }

  /** Writes a new store to `path`, where nothing is, of what a run needs. */
  extractRun(id: string, path: string, change: ExtractChange): void {
    extractRun(this.#db, id, path, change);
  }

  /** The same of what an evaluation needs. */
  extractEvaluation(id: string, path: string, change: ExtractChange): void {
    extractEvaluation(this.#db, id, path, change);
  }

  /**
   * One transaction; rows whose id is already there count as duplicates, and stored prompts get what they lacked. Labels
   * that come with rollouts are kept where their annotator has none yet, and the evaluations that rollouts are of are there before them.
   */
  addRollouts(
    prompts: readonly Prompt[],
    rollouts: readonly Rollout[],
    labels: readonly NewLabel[] = [],
    evaluations: readonly NewEvaluation[] = [],
  ): ImportCount {
    return this.#db.transaction(() => {
      for (const evaluation of evaluations) this.evaluations.add(evaluation);
      const newPrompts = prompts.filter((prompt) => this.prompts.add(prompt)).length;
      const newRollouts = addRollouts(this.#db, rollouts).length;
      const newLabels = labels.filter((label) => this.labels.adopt(label)).length;
      this.evaluations.forgetEmpty(evaluations);
      const duplicates = rollouts.length - newRollouts;
      return { prompts: newPrompts, rollouts: newRollouts, labels: newLabels, duplicates };
    });
  }

  /**
   * One transaction: brings stored rollouts to what their file says of them now, with prompts that are new; ids, labels, comments, marks,
   * reviews and suggestions stay. Where one of these would lose its place in a changed completion, that stays as it was.
   */
  updateRollouts(
    prompts: readonly Prompt[],
    updates: readonly RolloutUpdate[],
    evaluations: readonly NewEvaluation[] = [],
  ): UpdateCount & { added: number } {
    return this.#db.durable(() => {
      for (const evaluation of evaluations) this.evaluations.add(evaluation);
      const added = prompts.filter((prompt) => this.prompts.add(prompt)).length;
      this.prompts.hold(prompts);
      const counts = applyUpdates(this.#db, this, updates);
      this.evaluations.forgetEmpty(evaluations);
      return { added, ...counts };
    });
  }

  /**
   * Changes the phases and brings every label to them; returns how many it rewrote. Suggestions of other phases are forgotten. Throws
   * RangeError, changing nothing, when a label would lose something or phases change places.
   */
  setPhases(phases: readonly Phase[]): number {
    return this.#db.durable(() => this.#setPhases(phases, new Date().toISOString()));
  }

  #setPhases(phases: readonly Phase[], at: string): number {
    const before = this.phases.get();
    if (JSON.stringify(before) === JSON.stringify(phases)) return 0;
    const move = phaseMove(before, phases);
    this.#db.noteEdit({ kind: 'phases', at, phases: [...phases] });
    const kept = keepsLabels(move, before.length);
    const moved = kept ? 0 : moveLabels(this.#db, before, move, at);
    if (!kept) this.suggestions.clear();
    addPhases(this.#db, phases, at);
    return moved;
  }

  /** What an annotator changed last that undo would take back, or took back last that redo would make again; null where there is nothing. */
  lastStep(rolloutId: string, annotator: string, action: 'undo' | 'redo'): UndoableKind | null {
    const parts = {
      ...{ label: this.labels, judgement: this.judgements },
      ...{ preference: this.preferences, correction: this.corrections },
    };
    let last: { kind: UndoableKind; at: string } | null = null;
    for (const kind of undoableKinds) {
      const at = parts[kind].lastStep(rolloutId, annotator, action);
      if (at !== null && (last === null || at > last.at)) last = { kind, at };
    }
    return last?.kind ?? null;
  }

  /** Rollouts whose completion or question has these words. */
  search(text: string, limit?: number): SearchHit[] {
    return this.#search.find(text, limit);
  }
}
