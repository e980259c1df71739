/** The store: one SQLite file a workspace, the one place with SQL. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Agreement, MeasuredRollout } from '../domain/agreement-report.ts';
import type { CommentValue } from '../domain/comment.ts';
import type { Phase, Segmentation } from '../domain/phase.ts';
import { keepsLabels, phaseMove } from '../domain/phase-schema.ts';
import type { ReviewVerdict, Status } from '../domain/review.ts';
import type { Prompt, Rollout, Stage } from '../domain/rollout.ts';
import type { RunConfig, RunRequest } from '../domain/run.ts';
import type { SuggestionSource } from '../domain/suggestion/suggestion.ts';
import type { SavedSegmentation, SegmentedRollouts, WeightSources } from '../domain/weight-source.ts';
import { Activities } from './activity.ts';
import { Agreements } from './agreement.ts';
import { Comments } from './comments.ts';
import { Connection } from './connection.ts';
import { copyDatabase } from './copy.ts';
import { Labels } from './labels.ts';
import { Phases } from './phases.ts';
import { makeFolder } from './place.ts';
import { Prompts } from './prompts.ts';
import { Reviews } from './reviews.ts';
import { Rollouts } from './rollouts.ts';
import type {
  Activity,
  CheckpointRow,
  CommentChangeRow,
  CommentRow,
  Disagreement,
  DisagreementQuery,
  GroupSummary,
  ImportCount,
  ImportedRollout,
  LabelReviewRow,
  LabelRow,
  LabelledCompletion,
  LogRow,
  MetricRow,
  NewSuggestion,
  Page,
  PageQuery,
  PromptQuery,
  PromptSummary,
  Revision,
  RolloutMarks,
  RolloutQuery,
  RolloutSummary,
  RolloutText,
  RolloutUpdate,
  RunChange,
  RunRow,
  SearchHit,
  SegmentationState,
  SnapshotRow,
  StatusChange,
  SuggestionRow,
  UpdateCount,
} from './rows.ts';
import { Runs } from './runs.ts';
import { search } from './search.ts';
import { Statuses } from './statuses.ts';
import { Suggestions, type SegmentedQuery } from './suggestions.ts';
import { Updates } from './updates.ts';
import { Verdicts } from './verdicts.ts';

export { sqliteVersion } from './connection.ts';
export { StoreReplaced } from './place.ts';
export { isStoreFailure } from './failure.ts';
export { refuseLinks, runFiles, type RunFiles } from './run-files.ts';
export * from './rows.ts';

/**
 * The SQLite file of a workspace. Synchronous; the extension host uses it through a worker thread (`openStoreInWorker`).
 * Several processes may have one file open. Methods that name a rollout or a run throw when there is none; those that write throw
 * StoreReplaced when the file is at its path no more.
 */
export class Store {
  readonly #db: Connection;
  readonly #prompts: Prompts;
  readonly #rollouts: Rollouts;
  readonly #phases: Phases;
  readonly #labels: Labels;
  readonly #reviews: Reviews;
  readonly #statuses: Statuses;
  readonly #comments: Comments;
  readonly #activities: Activities;
  readonly #agreements: Agreements;
  readonly #runs: Runs;
  readonly #verdicts: Verdicts;
  readonly #suggestions: Suggestions;
  readonly #updates: Updates;

  private constructor(db: Connection) {
    this.#db = db;
    this.#prompts = new Prompts(db);
    this.#rollouts = new Rollouts(db, this.#prompts);
    this.#phases = new Phases(db);
    this.#labels = new Labels(db, this.#phases);
    this.#reviews = new Reviews(db);
    this.#statuses = new Statuses(db);
    this.#comments = new Comments(db);
    this.#activities = new Activities(db);
    this.#agreements = new Agreements(db, this.#phases);
    this.#runs = new Runs(db, this.#rollouts, this.file);
    this.#verdicts = new Verdicts(db);
    this.#suggestions = new Suggestions(db, this.#phases);
    this.#updates = new Updates(db, {
      prompts: this.#prompts,
      rollouts: this.#rollouts,
      labels: this.#labels,
      comments: this.#comments,
      suggestions: this.#suggestions,
    });
  }

  /** Opens a store, made when missing and brought up to date when old. Throws on a newer one or another program's file. */
  static open(file: string): Store {
    return new Store(Connection.open(file));
  }

  close(): void {
    this.#db.close();
  }

  get file(): string {
    return resolve(this.#db.database.name);
  }

  get isOpen(): boolean {
    return this.#db.database.open;
  }

  /** Whether the file that was opened, and SQLite's log beside it, still lie at their path: else every write throws StoreReplaced. */
  isInPlace(): boolean {
    return this.#db.isInPlace;
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

  /**
   * One transaction; rows whose id is already there count as duplicates, and stored prompts get what they lacked. Labels
   * that come with rollouts are kept where their annotator has none yet.
   */
  addRollouts(
    prompts: readonly Prompt[],
    rollouts: readonly Rollout[],
    labels: readonly Segmentation[] = [],
  ): ImportCount {
    return this.#db.transaction(() => {
      const newPrompts = prompts.filter((prompt) => this.#prompts.add(prompt).added).length;
      const newRollouts = this.#rollouts.add(rollouts).length;
      const newLabels = labels.filter((label) => this.#labels.adopt(label)).length;
      const duplicates = rollouts.length - newRollouts;
      return { prompts: newPrompts, rollouts: newRollouts, labels: newLabels, duplicates };
    });
  }

  /**
   * One transaction: brings stored rollouts to what their file says of them now, with prompts that are new; ids, labels, comments, marks,
   * reviews and suggestions stay. Where one of these would lose its place in a changed completion, that stays as it was.
   */
  updateRollouts(prompts: readonly Prompt[], updates: readonly RolloutUpdate[]): UpdateCount & { added: number } {
    return this.#db.durable(() => {
      const added = prompts.filter((prompt) => this.#prompts.add(prompt).added).length;
      this.#prompts.hold(prompts);
      return { added, ...this.#updates.apply(updates) };
    });
  }

  /** Rollouts that came from files of this name, wherever those lay, in the order they came in. */
  importedRollouts(name: string, query: PageQuery = {}): Page<ImportedRollout> {
    return this.#rollouts.imported(name, query);
  }

  /** Whether some rollout was imported from one of these files, or from one in one of these folders. */
  isImported(paths: readonly string[]): boolean {
    return this.#rollouts.isImported(paths);
  }

  /** Fills in missing media, answer, hint or stage of prompts already stored, matched by id. Returns how many changed. */
  updatePrompts(prompts: readonly Prompt[]): number {
    return this.#prompts.update(prompts);
  }

  /**
   * The id under which a prompt of several media is stored, or is to be. `former` is its id by the first of them alone: a store that
   * was filled before all were kept has it under that, and now gets them.
   */
  idOfSeveral(prompt: Prompt, former: string): string {
    return this.#prompts.idOfSeveral(prompt, former);
  }

  /** Joins prompts that came without media to the stored ones that have it, by source id or text. Returns how many joined. */
  joinMedia(): number {
    return this.#prompts.joinMedia();
  }

  /** Whether some prompt has neither video nor audio. */
  promptsLackMedia(): boolean {
    return this.#prompts.lackMedia();
  }

  datasets(): { dataset: string; prompts: number; rollouts: number }[] {
    return this.#prompts.datasets();
  }

  /** In the tree's order. With `runId`, counts are of that run's groups alone. */
  prompts(query: PromptQuery = {}): Page<PromptSummary> {
    return this.#prompts.page(query);
  }

  prompt(id: string): PromptSummary | null {
    return this.#prompts.get(id);
  }

  /** Where a prompt is in its dataset, in the tree's order: 1 is the first. */
  promptPlace(id: string): { place: number; of: number } {
    return this.#prompts.place(id);
  }

  groups(promptId: string): GroupSummary[] {
    return this.#rollouts.groups(promptId);
  }

  rollouts(query: RolloutQuery = {}): Page<RolloutSummary> {
    return this.#rollouts.page(query);
  }

  rollout(id: string): Rollout | null {
    return this.#rollouts.get(id);
  }

  search(text: string, limit?: number): SearchHit[] {
    return search(this.#db, text, limit);
  }

  /** What labels cut completions into. */
  phases(): Phase[] {
    return this.#phases.get();
  }

  /**
   * Changes the phases and brings every label to them; returns how many it rewrote. Suggestions of other phases are forgotten. Throws
   * RangeError, changing nothing, when a label would lose something or phases change places.
   */
  setPhases(phases: readonly Phase[]): number {
    return this.#db.durable(() => {
      const before = this.#phases.get();
      if (JSON.stringify(before) === JSON.stringify(phases)) return 0;
      const move = phaseMove(before, phases);
      const kept = keepsLabels(move, before.length);
      const moved = kept ? 0 : this.#labels.move(before, move);
      if (!kept) this.#suggestions.clear();
      this.#phases.add(phases);
      return moved;
    });
  }

  /** Keeps what a reviewer says of an annotator's label. Throws when there is no such label, or it is the reviewer's own. */
  reviewLabel(rolloutId: string, annotator: string, reviewer: string, verdict: ReviewVerdict): void {
    this.#reviews.add(rolloutId, annotator, reviewer, verdict);
  }

  /** Each reviewer's last word on each label of a rollout. */
  labelReviews(rolloutId: string): LabelReviewRow[] {
    return this.#reviews.of(rolloutId);
  }

  /** Validates, then writes the label and one revision; both are on the disk when this returns. */
  setSegmentation(segmentation: Segmentation): SegmentationState {
    return this.#labels.set(segmentation);
  }

  /**
   * Takes the annotator's last edit back. With `seen`, when the label that they look at was saved, it changes nothing while theirs is
   * another one: an edit of another window is not undone before it was seen.
   */
  undo(rolloutId: string, annotator: string, seen?: string | null): SegmentationState {
    return this.#labels.undo(rolloutId, annotator, seen);
  }

  /** Makes the last edit that was taken back again; `seen` as for `undo`. */
  redo(rolloutId: string, annotator: string, seen?: string | null): SegmentationState {
    return this.#labels.redo(rolloutId, annotator, seen);
  }

  segmentation(rolloutId: string, annotator: string): SegmentationState {
    return this.#labels.state(rolloutId, annotator);
  }

  segmentations(rolloutId: string): LabelRow[] {
    return this.#labels.all(rolloutId);
  }

  history(rolloutId: string): Revision[] {
    return this.#labels.history(rolloutId);
  }

  /**
   * Says where a rollout stands with an annotator, apart from the label; on the disk when this returns. Throws when one without a
   * label is submitted, or one is skipped without a reason.
   */
  setStatus(rolloutId: string, annotator: string, status: Status, reason = ''): void {
    this.#statuses.set(rolloutId, annotator, status, reason);
  }

  /** Raises or takes down an annotator's flag, which everyone sees. */
  setFlag(rolloutId: string, annotator: string, raised: boolean): void {
    this.#statuses.flag(rolloutId, annotator, raised);
  }

  marks(rolloutId: string): RolloutMarks {
    return this.#statuses.of(rolloutId);
  }

  /** Every change of status and flag, oldest first. */
  statusHistory(rolloutId: string): StatusChange[] {
    return this.#statuses.history(rolloutId);
  }

  /** The last `limit` things that people did to a rollout, or one of them to what is their own, newest first. */
  activity(rolloutId: string, limit: number, by: string | null = null): Activity[] {
    return this.#activities.of(rolloutId, limit, by);
  }

  /** Rises with everything that anybody does to any rollout: edits, reviews, comments, changes of status and flag. */
  latestChange(): number {
    return this.#activities.latest();
  }

  /** Why this annotator skipped rollouts lately, the latest reason first. */
  skipReasons(annotator: string): string[] {
    return this.#statuses.reasons(annotator);
  }

  /** Keeps what an annotator says of a place of a rollout and returns the comment's id; on the disk when this returns. */
  addComment(rolloutId: string, annotator: string, value: CommentValue): string {
    return this.#comments.add(rolloutId, annotator, value);
  }

  /** Says a comment of one's own anew; what it said before is kept. Throws when it is another's. */
  editComment(id: string, annotator: string, value: CommentValue): void {
    this.#comments.edit(id, annotator, value);
  }

  /** Resolves anybody's comment, or opens it again. */
  resolveComment(id: string, annotator: string, resolved: boolean): void {
    this.#comments.resolve(id, annotator, resolved);
  }

  /** Deletes a comment of one's own; the history keeps what it said. Throws when it is another's. */
  deleteComment(id: string, annotator: string): void {
    this.#comments.delete(id, annotator);
  }

  /** Keeps imported changes of comments that are not there yet. */
  adoptComments(rolloutId: string, changes: readonly CommentChangeRow[]): number {
    return this.#comments.adopt(rolloutId, changes);
  }

  /** A rollout's comments as they stand, resolved ones too, oldest first. */
  comments(rolloutId: string): CommentRow[] {
    return this.#comments.of(rolloutId);
  }

  /** Every change of a rollout's comments, oldest first. */
  commentHistory(rolloutId: string): CommentChangeRow[] {
    return this.#comments.history(rolloutId);
  }

  /**
   * The next rollout that this annotator has neither labelled nor skipped, in tree order after `after`, wrapping once; null when
   * there is none.
   */
  nextUnlabelled(annotator: string, after: string | null): string | null {
    return this.#labels.nextUnlabelled(annotator, after);
  }

  /** Number of the newest edit of any label, 0 before the first: labels are the same while it is. */
  latestRevision(): number {
    return this.#labels.latestRevision();
  }

  /**
   * How far annotators agree, of each pair and of all people. This and the two below read every rollout that two or more have
   * labelled, which takes seconds for thousands: ask them of a store on a thread of its own.
   */
  agreement(): Agreement {
    return this.#agreements.agreement();
  }

  /** The rollouts on which a scope agrees least, worst first. */
  disagreements(query: DisagreementQuery): Disagreement[] {
    return this.#agreements.disagreements(query);
  }

  /** Every rollout that two or more have labelled, its labels compared pair by pair. */
  measuredRollouts(): MeasuredRollout[] {
    return this.#agreements.measured();
  }

  /** Keeps suggestions, each in place of an older one of its rollout and source. A boundary refused before stays refused. */
  addSuggestions(suggestions: readonly NewSuggestion[]): void {
    this.#suggestions.add(suggestions);
  }

  /** A rollout's suggestions of the project's phases, the tagger's before the rules'. */
  suggestions(rolloutId: string): SuggestionRow[] {
    return this.#suggestions.of(rolloutId);
  }

  /** What can shape a rollout's weights: its labels, and, as 'suggestion:SOURCE', its suggestions without a refused boundary. */
  savedSegmentations(rolloutId: string): SavedSegmentation[] {
    return this.#suggestions.segmentations(rolloutId);
  }

  /**
   * The stored rollouts that a run of this configuration would begin with, by whose segmentations they have. `stages` are those of
   * its prompts, null for any. Reads every rollout: seconds for a million.
   */
  segmentedRollouts(config: SegmentedQuery, stages: readonly (Stage | null)[]): SegmentedRollouts[] {
    return this.#suggestions.segmented(config, stages);
  }

  /** Marks boundaries (their places in the list) of a suggestion as refused. */
  refuseSuggestion(rolloutId: string, source: SuggestionSource, boundaries: readonly number[]): void {
    this.#suggestions.refuse(rolloutId, source, boundaries);
  }

  /** Rollouts in the order they came in. */
  rolloutTexts(query: PageQuery = {}): Page<RolloutText> {
    return this.#suggestions.texts(query);
  }

  /** What people have labelled, oldest label first; with `annotator`, one of them. Labels of another phase schema are left out. */
  labelledTexts(annotator?: string): LabelledCompletion[] {
    return this.#suggestions.labelled(annotator);
  }

  /**
   * Rollouts that this annotator has neither labelled nor skipped, the one first whose label would tell most: that whose suggestion has the greatest
   * entropy. Of one source, the tagger where it has made any.
   */
  mostInformative(annotator: string, query: PageQuery = {}): Page<{ rolloutId: string; entropy: number }> {
    return this.#suggestions.mostInformative(annotator, query);
  }

  createRun(name: string, config: RunConfig): RunRow {
    return this.#runs.create(name, config);
  }

  /**
   * Status is 'lost' when it says running or paused, the heartbeat is older than heartbeatTimeoutMs and the process is
   * gone; or when it says queued and no process took it for claimTimeoutMs.
   */
  run(id: string): RunRow | null {
    return this.#runs.get(id);
  }

  /** Newest first. */
  runs(): RunRow[] {
    return this.#runs.all();
  }

  /** The same, a page at a time. */
  runPage(query: PageQuery = {}): Page<RunRow> {
    return this.#runs.page(query);
  }

  /** Asks the run's loop for something; a stopped run is resumed by asking 'run' and starting a process on it. */
  requestRun(id: string, request: RunRequest): void {
    this.#runs.request(id, request);
  }

  /** Claims a run for this process (pid, heartbeat, status running); throws when a live process already has it. */
  claimRun(id: string, pid: number): RunRow {
    return this.#runs.claim(id, pid);
  }

  /** Beats and returns what the user asked for; throws when another process has taken the run. */
  heartbeat(id: string, pid: number): RunRequest {
    return this.#runs.beat(id, pid);
  }

  updateRun(id: string, change: RunChange): void {
    this.#runs.update(id, change);
  }

  /** One iteration in one transaction: metrics, new rollouts, and the run's step. What a resumed run writes again replaces. */
  addStep(runId: string, metric: MetricRow, rollouts: readonly Rollout[]): void {
    this.#runs.addStep(runId, metric, rollouts);
  }

  /** Deletes this run's metrics, checkpoints and rollouts after `step`, but rollouts that someone labelled, marked or commented on. For a resume. */
  truncateRun(runId: string, step: number): void {
    this.#runs.truncate(runId, step);
  }

  metrics(runId: string, afterStep: number): MetricRow[] {
    return this.#runs.metrics(runId, afterStep);
  }

  addLog(runId: string, level: LogRow['level'], message: string): void {
    this.#runs.addLog(runId, level, message);
  }

  log(runId: string, afterSeq: number): LogRow[] {
    return this.#runs.log(runId, afterSeq);
  }

  /** Keeps that there is a checkpoint of this iteration, in its place beside the store (`runFiles`). */
  addCheckpoint(runId: string, step: number): void {
    this.#runs.addCheckpoint(runId, step);
  }

  latestCheckpoint(runId: string): CheckpointRow | null {
    return this.#runs.checkpoints(runId)[0] ?? null;
  }

  /** Latest first. */
  checkpoints(runId: string): CheckpointRow[] {
    return this.#runs.checkpoints(runId);
  }

  /** Forgets a checkpoint whose files are gone. */
  removeCheckpoint(runId: string, step: number): void {
    this.#runs.removeCheckpoint(runId, step);
  }

  /** Keeps the labels and suggestions as they are when the run starts, with where each rollout's weights come from. */
  snapshotLabels(runId: string, rows: readonly SnapshotRow[]): void {
    this.#runs.snapshot(runId, rows);
  }

  labelSnapshot(runId: string): SnapshotRow[] {
    return this.#runs.labelSnapshot(runId);
  }

  /** What that snapshot comes to, and how many rollouts of it have other phases by now. */
  weightSources(runId: string): WeightSources {
    return this.#runs.weightSources(runId);
  }

  /** A judge's stepwise scores, by the hash of what it was asked; null when it has not answered that yet. */
  verdict(key: string): number[] | null {
    return this.#verdicts.get(key);
  }

  /** Keeps a verdict and returns the one that stands: the first on its question. */
  addVerdict(key: string, scores: readonly number[]): number[] {
    return this.#verdicts.add(key, scores);
  }

  /** A number that is another one whenever anything in the file changed, by this connection or any other. */
  dataVersion(): number {
    const own = this.#db.get<{ changes: number }>('SELECT total_changes() AS changes')!.changes;
    return own + (this.#db.database.pragma('data_version', { simple: true }) as number);
  }
}
