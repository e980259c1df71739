/** The Review panel: one rollout beside its video. One a window; opening another rollout shows it in the same panel. */
import { dirname, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { listText } from '../domain/list-text.ts';
import {
  boundaryStops,
  densities,
  preferences as preferencesSchema,
  queueTexts,
  reviewProtocol,
  reviewState,
  type BoundaryStops,
  type Density,
  type LabelKey,
  defaultPreferences,
  type Preferences,
  type Review,
  type ReviewCommand,
  type ReviewProtocol,
  type Shown,
} from '../protocol/review.ts';
import { defaultKeys, keysOf } from '../protocol/review-keys.ts';
import type { EventBody } from '../protocol/message.ts';
import { plainLine } from '../domain/plain-text.ts';
import { goldText } from '../domain/gold-agreement.ts';
import type { Prompt } from '../domain/rollout.ts';
import type { Phase } from '../domain/phase.ts';
import { makeClient, passOn, type StoreClient } from '../store/client.ts';
import { allowMediaFolders, mediaFolders } from '../video/media-folders.ts';
import { askName } from './ask-name.ts';
import { runCommand } from './commands.ts';
import { CorrectionDrafts } from './correction-drafts.ts';
import { editorText } from './editor-text.ts';
import { GuidelinesFile } from './guidelines-file.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import * as plain from './plain-window.ts';
import { readPictures } from './option-pictures.ts';
import { ReviewMedia } from './review-media.ts';
import { ReviewQueue, type QueueParts } from './review-queue.ts';
import { readCompletions, readCurves, readHistory, readOtherLabels, readReview } from './review-snapshot.ts';
import { setContext } from './rollouts-tree.ts';
import type { SteadyMemento } from './steady-memento.ts';
import type { UnsavedEdits } from './unsaved-edits.ts';
import { annotator, changesViewer, goldShare, viewer } from './viewer.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** What the Review panel is made of. */
export interface ReviewParts extends QueueParts {
  /** The dist folder. */
  assets: vscode.Uri;
  /** Folder beside the store where proxies and strips are kept. */
  mediaCache: string;
  /** Folder that relative media paths start from. */
  folder: string;
  preferences: SteadyMemento;
  unsaved: UnsavedEdits;
  /** Called with each rollout that comes to be shown, and with null when the panel is closed. */
  onShown: (rolloutId: string | null) => void;
  log: vscode.LogOutputChannel;
}

const preferencesKey = 'review.preferences';

/** Where boundaries may stand: the setting `rolloutLab.boundaries`. */
function stops(): BoundaryStops {
  const chosen = vscode.workspace.getConfiguration('rolloutLab').get<string>('boundaries');
  return boundaryStops.find((stop) => stop === chosen) ?? 'token';
}

/** How much room text and lists take: the setting `rolloutLab.density`. */
function density(): Density {
  const chosen = vscode.workspace.getConfiguration('rolloutLab').get<string>('density');
  return densities.find((one) => one === chosen) ?? 'comfortable';
}

/** Changes that setting where it is in force: a workspace's own would hide the user's. */
async function setDensity(chosen: Density): Promise<void> {
  const settings = vscode.workspace.getConfiguration('rolloutLab');
  const isWorkspaces = settings.inspect('density')?.workspaceValue !== undefined;
  const target = isWorkspaces ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await settings.update('density', chosen, target);
}

export class ReviewPanel {
  static readonly #slot = new PanelSlot<ReviewPanel>('review', t('Review'));

  readonly #parts: ReviewParts;
  readonly #panel: Panel<ReviewProtocol>;
  #rolloutId: string;
  /** Two rollouts of one prompt that stand side by side as a group, and how often such were opened. */
  #compared: string[] = [];
  #comparisons = 0;
  #review: Review = { status: 'loading' };
  /** Rises with every save and every switch: a snapshot begun before is stale. */
  #turn = 0;
  /** What the page was told last. */
  readonly #published: Partial<Record<'store' | 'review', string>> = {};
  /** The phases' keys with which the setting was last read. */
  #phaseKeys = '';
  #media: ReviewMedia | null = null;
  /** Which of a prompt's media was chosen. */
  #chosen = { promptId: '', medium: 0 };
  /** The prompt whose media was asked for in a folder that is not trusted. */
  #asked = '';
  /** The prompt whose options' pictures are shown, and what it says of each. */
  #pictured: { promptId: string; named: readonly (string | null)[] } = { promptId: '', named: [] };
  /** The store that what is shown was read from. */
  #shown: WorkspaceStore;
  #queue: ReviewQueue;
  /** The key of the store that the queue is of. */
  #of: string;
  readonly #drafts: CorrectionDrafts;

  /** Shows a rollout in the window's Review panel, opening it when there is none; side by side with another of its prompt, where one is named. */
  static async show(parts: ReviewParts, rolloutId: string, beside: string | null = null): Promise<void> {
    await askName();
    const slot = ReviewPanel.#slot;
    const roots = (await slot.reveal()) ? [] : await readable(parts);
    // Another may have been opened meanwhile.
    const open = slot.current;
    if (open) open.#open(rolloutId, beside);
    else slot.open((view) => new ReviewPanel(parts, view, rolloutId, roots, beside));
  }

  /** Shows the next rollout of the chosen queue after the one shown; says so at its end. */
  static async next(parts: ReviewParts): Promise<void> {
    const open = ReviewPanel.#slot.current;
    const { queue } = storedPreferences(parts);
    const next = await (open ? open.#next() : new ReviewQueue(parts).next(queue, annotator(), null, goldShare()));
    if (next !== null) await ReviewPanel.show(parts, next);
    else void plain.showInformationMessage(`${queueTexts[queue].end}.`);
  }

  /** Shows a rollout, after which come those of these row numbers of the store, as the Rollouts table has them. */
  static async showInOrder(parts: ReviewParts, rolloutId: string, order: Int32Array): Promise<void> {
    parts.order.set(order);
    const chosen = { ...storedPreferences(parts), queue: 'table' as const };
    await parts.preferences.update(preferencesKey, chosen);
    const open = ReviewPanel.#slot.current;
    if (open) open.#panel.publish('preferences', chosen);
    await ReviewPanel.show(parts, rolloutId);
  }

  /** Passes a chord of the editor to the page; nothing when no panel is open. */
  static command(command: ReviewCommand): void {
    const open = ReviewPanel.#slot.current;
    if (open) open.#panel.tell('command', command);
  }

  /** Resolves once the store has what was typed so far. */
  static async flush(): Promise<void> {
    const open = ReviewPanel.#slot.current;
    if (open) await open.#drafts.flush();
  }

  /** Brings the panel back after a reload of the window, with the rollout that it showed. Disposed of when the window closes, it ends what works for its media. */
  static bringBack(parts: ReviewParts): vscode.Disposable {
    const serializer = ReviewPanel.#slot.bringBack(async (state) => {
      const { success, output } = v.safeParse(v.pick(reviewState, ['rolloutId']), state);
      if (!success) return null;
      const roots = await readable(parts);
      return parts.stores.current.file === null
        ? null
        : (view) => new ReviewPanel(parts, view, output.rolloutId, roots);
    });
    // The panel itself is not closed then: it stands there again after a reload.
    const stop = (): void => {
      const open = ReviewPanel.#slot.current;
      if (open) open.#media?.stop();
    };
    return vscode.Disposable.from(serializer, { dispose: stop });
  }

  private constructor(
    parts: ReviewParts,
    view: vscode.WebviewPanel,
    rolloutId: string,
    roots: vscode.Uri[],
    beside: string | null = null,
  ) {
    this.#parts = parts;
    this.#rolloutId = rolloutId;
    this.#compare(rolloutId, beside);
    const { stores, unsaved } = parts;
    this.#shown = stores.current;
    const client = makeClient((call) => passOn(this.#shown.client, call));
    this.#queue = new ReviewQueue(parts);
    this.#of = stores.current.key;
    const drafts = (this.#drafts = new CorrectionDrafts(({ text, ...key }) =>
      this.#edit(key, (own) => own.corrections.draft(key.rolloutId, key.annotator, text)),
    ));
    this.#panel = new Panel({
      panel: view,
      assets: parts.assets,
      page: 'review',
      protocol: reviewProtocol,
      roots,
      log: parts.log,
      handlers: {
        setLabel: (edit) => {
          const { rolloutId, annotator, of, value } = edit;
          return this.#edit(edit, async (own) => {
            const label = await own.labels.set({ rolloutId, annotator, ...value }, of);
            // A step of the walkthrough.
            void setContext('labelled', true);
            await unsaved.saved(edit);
            this.#panel.keep('unsaved', unsaved.now);
            return label;
          });
        },
        refuseSuggestion: ({ rolloutId, source, boundaries }) =>
          this.#change(() => client.suggestions.refuse(rolloutId, source, boundaries)),
        undo: ({ seen, ...key }) => this.#edit(key, (own) => own.labels.undo(key.rolloutId, key.annotator, seen)),
        redo: ({ seen, ...key }) => this.#edit(key, (own) => own.labels.redo(key.rolloutId, key.annotator, seen)),
        lastStep: ({ rolloutId, annotator, action }) => client.lastStep(rolloutId, annotator, action),
        judge: ({ step, ...key }) =>
          this.#edit(key, (own) => own.judgements.set(key.rolloutId, key.annotator, step, key.of)),
        undoJudgement: ({ seen, ...key }) =>
          this.#edit(key, (own) => own.judgements.undo(key.rolloutId, key.annotator, seen)),
        redoJudgement: ({ seen, ...key }) =>
          this.#edit(key, (own) => own.judgements.redo(key.rolloutId, key.annotator, seen)),
        prefer: ({ pair, ...key }) => this.#edit(key, (own) => own.preferences.set(key.rolloutId, key.annotator, pair)),
        undoPreference: ({ seen, ...key }) =>
          this.#edit(key, (own) => own.preferences.undo(key.rolloutId, key.annotator, seen)),
        redoPreference: ({ seen, ...key }) =>
          this.#edit(key, (own) => own.preferences.redo(key.rolloutId, key.annotator, seen)),
        correct: ({ text, boundaries, ...key }) =>
          this.#edit(key, async (own) => {
            // What is saved is a draft no more.
            await drafts.flush();
            return own.corrections.set(key.rolloutId, key.annotator, text, boundaries);
          }),
        draftCorrection: async (draft) => {
          try {
            const state = await drafts.keep(draft);
            await unsaved.drafted(draft);
            return state;
          } catch (error) {
            await unsaved.undrafted(draft);
            throw error;
          } finally {
            this.#panel.keep('unsaved', unsaved.now);
          }
        },
        discardDraft: (key) =>
          this.#edit(key, async (own) => {
            await drafts.flush();
            return own.corrections.discard(key.rolloutId, key.annotator);
          }),
        undoCorrection: ({ seen, ...key }) =>
          this.#edit(key, (own) => own.corrections.undo(key.rolloutId, key.annotator, seen)),
        redoCorrection: ({ seen, ...key }) =>
          this.#edit(key, (own) => own.corrections.redo(key.rolloutId, key.annotator, seen)),
        open: ({ rolloutId }) => {
          this.#open(rolloutId);
          return null;
        },
        otherLabels: ({ rolloutId }) => readOtherLabels(client, rolloutId, viewer()),
        history: ({ rolloutId, count }) => readHistory(client, rolloutId, count, viewer()),
        reviewLabel: async ({ rolloutId, annotator: whose, verdict }) => {
          await client.reviews.add(rolloutId, whose, annotator(), verdict);
          return null;
        },
        completions: ({ rolloutIds }) => readCompletions(client, rolloutIds, annotator()),
        curves: ({ rolloutId }) => readCurves(client, rolloutId),
        next: async () => {
          const next = await this.#next();
          if (next !== null) this.#open(next);
          return next !== null;
        },
        back: () => {
          const before = this.#queue.back();
          if (before !== undefined) this.#read(before);
          return null;
        },
        mark: async ({ rolloutId, as, reason }) => {
          await this.#change(() =>
            as === 'flagged' || as === 'unflagged'
              ? client.statuses.flag(rolloutId, annotator(), as === 'flagged', reason)
              : client.statuses.set(rolloutId, annotator(), as, reason),
          );
          if (as === 'submitted' && viewer().goldFeedback) {
            const told = tellGold(client, rolloutId, annotator());
            void told.catch((error: unknown) => parts.log.error('gold:', error));
          }
          return null;
        },
        tag: ({ rolloutId, tag, on }) => this.#change(() => client.tags.set([rolloutId], annotator(), tag, on)),
        comment: async (draft) => {
          const { store, rolloutId, of, id, ...value } = draft;
          const { comments } = store === undefined ? client : this.#own(store);
          await this.#change(() =>
            id === null ? comments.add(rolloutId, annotator(), value, of) : comments.edit(id, annotator(), value, of),
          );
          await unsaved.commented(draft);
          this.#panel.keep('unsaved', unsaved.now);
          return null;
        },
        deleteComment: ({ id }) => this.#change(() => client.comments.delete(id, annotator())),
        resolveComment: ({ id, resolved }) => this.#change(() => client.comments.resolve(id, annotator(), resolved)),
        medium: ({ promptId, direction }) => {
          if (this.#review.status !== 'shown' || this.#chosen.promptId !== promptId)
            throw new Error(t('another prompt is shown'));
          const last = this.#review.media.length - 1;
          this.#chosen.medium = Math.min(Math.max(this.#chosen.medium + direction, 0), last);
          this.#retry();
          return null;
        },
        prepare: (asked) => {
          this.#asked = asked.promptId;
          this.#mediaOf(asked).begin();
          return null;
        },
        allowFolder: async (asked) => {
          const { outside } = this.#mediaOf(asked);
          if (outside !== null) await allowMediaFolders(storeFolder(parts), [outside]);
          this.#retry();
          return null;
        },
        retry: async () => {
          const { current } = stores;
          if (!current.replaced) await current.reopen();
          this.#retry();
          return null;
        },
        reopen: async () => {
          const { current } = stores;
          if (!current.replaced) await current.reopen();
          return null;
        },
        rescue: () => runCommand('rolloutLab.rescueStore').then(() => null),
        keep: async (made) => {
          this.#panel.keep('unsaved', made);
          await unsaved.keep(made);
          return null;
        },
        peaks: (asked) => this.#mediaOf(asked).peaks(asked.first),
        frames: (asked) => this.#mediaOf(asked).frames(),
        strip: (asked) => this.#mediaOf(asked).strip(asked),
        remember: async (chosen) => {
          if (chosen.queue !== storedPreferences(parts).queue) this.#queue.restart();
          this.#panel.keep('preferences', chosen);
          await parts.preferences.update(preferencesKey, chosen);
          return null;
        },
        chooseGuidelines: async () => {
          await vscode.commands.executeCommand('workbench.action.openSettings', 'rolloutLab.guidelines');
          return null;
        },
        setDensity: async (chosen) => {
          await setDensity(chosen.density);
          return null;
        },
      },
    });
    this.#panel.keep('unsaved', unsaved.now);
    this.#panel.publish('preferences', storedPreferences(parts));
    this.#panel.publish('density', density());
    this.#panel.publish('keys', defaultKeys);
    this.#read(rolloutId);
    this.#panel.own(
      new GuidelinesFile(stores, (guidelines) => this.#panel.publish('guidelines', guidelines)),
      stores.onDidChange(() => this.#follow()),
      view.onDidChangeViewState(() => this.#follow()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (changesViewer(change) || change.affectsConfiguration('rolloutLab.boundaries')) this.#read(this.#rolloutId);
        if (change.affectsConfiguration('rolloutLab.density')) this.#panel.publish('density', density());
        if (change.affectsConfiguration('rolloutLab.keys') && this.#review?.status === 'shown')
          void this.#readKeys(this.#review.phases);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#media?.begin();
        void this.#picture();
      }),
    );
    view.onDidDispose(() => {
      this.#media?.stop();
      parts.onShown(null);
      void drafts.flush().then(() => tellUnsaved(parts));
    });
  }

  #next(): Promise<string | null> {
    return this.#queue.next(storedPreferences(this.#parts).queue, annotator(), this.#rolloutId, goldShare());
  }

  #compare(rolloutId: string, beside: string | null): void {
    if (beside === null) return;
    this.#compared = [rolloutId, beside];
    this.#comparisons += 1;
  }

  /** Shows a rollout, from which ◀ leads back; of two that are compared, each leads to the other. */
  #open(rolloutId: string, beside: string | null = null): void {
    this.#compare(rolloutId, beside);
    if (!this.#compared.includes(rolloutId)) this.#compared = [];
    const { key } = this.#parts.stores.current;
    // ◀ leads to none of another store.
    if (key !== this.#of) this.#queue = new ReviewQueue(this.#parts);
    else if (rolloutId !== this.#rolloutId) this.#queue.leave(this.#rolloutId);
    this.#of = key;
    this.#read(rolloutId);
  }

  #read(rolloutId: string): void {
    this.#rolloutId = rolloutId;
    this.#turn += 1;
    void this.#refresh();
  }

  /** Changes a label in its own store, or what is said of its steps, of it against others or in its place, and shows all anew. */
  async #edit<State>(key: LabelKey, change: (own: StoreClient) => Promise<State>): Promise<State> {
    const state = await change(this.#own(key.store));
    this.#turn += 1;
    // The page takes an answer for newer than what it was told while it waited, which may be another window's later edit: it is told again.
    delete this.#published.review;
    void this.#refresh();
    return state;
  }

  /** The store of this key. Throws where it is not there, or no store of this window. */
  #own(key: string): StoreClient {
    const store = this.#parts.stores.all.find((one) => one.isNow(key));
    if (!store)
      throw new Error(t('Another store is open now. The edit can be saved when its own store is open again.'));
    return store.client;
  }

  /** Changes something else in the store, and shows all anew. */
  async #change(change: () => Promise<unknown>): Promise<null> {
    await change();
    this.#turn += 1;
    void this.#refresh();
    return null;
  }

  /** Brings the setting's keys into force; when they clash with one another or a phase's, says so and leaves those that are. */
  async #readKeys(phases: readonly Phase[]): Promise<void> {
    try {
      const changes = vscode.workspace.getConfiguration('rolloutLab').get<Record<string, unknown>>('keys') ?? {};
      this.#panel.publish('keys', keysOf(changes, phases));
    } catch (error) {
      const message = t('{0}. The keys stay as they were.', (error as Error).message);
      const chosen = await plain.showErrorMessage(message, t('Open Setting'), t('Edit Phases'));
      if (chosen === t('Open Setting'))
        await vscode.commands.executeCommand('workbench.action.openSettings', 'rolloutLab.keys');
      if (chosen === t('Edit Phases')) await runCommand('rolloutLab.editPhases');
    }
  }

  /** Reads the rollout again when anything in the store changed; a hidden page waits until it is shown. */
  #follow(): void {
    if (this.#panel.view.visible) void this.#refresh();
  }

  /** Publishes the newest complete snapshot, unless it became stale while it was read or says nothing new. */
  async #refresh(): Promise<void> {
    const turn = this.#turn;
    const store = this.#parts.stores.current;
    const { name, key } = store;
    let read: Awaited<ReturnType<typeof readReview>> = null;
    let order: Shown['order'] = null;
    let failure: string | null = null;
    try {
      if (store.exists) {
        read = await readReview(store.client, this.#rolloutId, viewer(), stops(), this.#compared);
        order = await this.#parts.order.place(this.#rolloutId);
      }
    } catch (error) {
      failure = (error as Error).message;
    }
    if (turn !== this.#turn || key !== this.#parts.stores.current.key || this.#panel.signal.aborted) return;
    const problem = store.replaced?.message ?? failure;
    this.#publish('store', { name, key, problem, replaced: store.replaced !== null });
    // What is shown stays while the store cannot be read: somebody works on it.
    if (failure !== null && this.#shows(this.#rolloutId)) return;
    const promptId = read?.review.prompt.id ?? '';
    if (this.#chosen.promptId !== promptId) this.#chosen = { promptId, medium: 0 };
    const medium = Math.max(0, Math.min(this.#chosen.medium, (read?.views.length ?? 0) - 1));
    const review: Review = read
      ? {
          ...read.review,
          store: key,
          formerStore: store.formerKey,
          canGoBack: this.#queue.canGoBack,
          order,
          medium,
          sideBySide: this.#compared.includes(this.#rolloutId) ? this.#comparisons : 0,
        }
      : {
          status: 'failed',
          message: failure ?? t('This rollout is not in the store. Choose another in the Rollouts view.'),
        };
    const isNew = read !== null && !this.#shows(this.#rolloutId);
    this.#review = review;
    if (this.#shown !== store) {
      // A prompt of the same id has its media in another folder.
      this.#media?.stop();
      this.#media = null;
    }
    this.#shown = store;
    this.#publish('review', review);
    if (review.status !== 'shown') return;
    if (isNew) {
      this.#parts.onShown(this.#rolloutId);
      void store
        .lookAtRows(this.#rolloutId)
        .catch((error: unknown) => this.#parts.log.debug('Cannot look at its rows:', error));
    }
    const phaseKeys = JSON.stringify(review.phases.map(({ name, key }) => [name, key]));
    if (phaseKeys !== this.#phaseKeys) {
      this.#phaseKeys = phaseKeys;
      void this.#readKeys(review.phases);
    }
    this.#panel.view.title = editorText(t('Review: {0}', shortened(review.prompt.question)));
    if (this.#media?.promptId === review.prompt.id) return;
    this.#prepare(review.prompt.id, read?.views[medium] ?? { video: null, audio: null });
    this.#pictured = { promptId: review.prompt.id, named: read?.pictures ?? [] };
    void this.#picture();
  }

  /** Shows the pictures of the prompt's options; in a folder that is not trusted nothing reads them. */
  async #picture(): Promise<void> {
    const parts = this.#parts;
    const { promptId, named } = this.#pictured;
    if (named.every((path) => path === null)) return;
    const untrusted = { url: null, fault: t('This folder is not trusted, so its pictures are not read.') };
    const paths = named.map((path) => (path === null ? null : resolve(parts.folder, path)));
    const folders = await openableFolders(parts).catch(() => []);
    const pictures = vscode.workspace.isTrusted
      ? await readPictures(paths, folders, (file, version) => this.#panel.fileUri(file, version))
      : paths.map((path) => (path === null ? null : untrusted));
    if (!this.#panel.signal.aborted) this.#panel.publish('pictures', { promptId, pictures });
  }

  #shows(rolloutId: string): boolean {
    const { current } = this.#parts.stores;
    return this.#review.status === 'shown' && this.#review.rollout.id === rolloutId && this.#shown === current;
  }

  /** Publishes what says something new. */
  #publish<Name extends 'store' | 'review'>(name: Name, body: EventBody<ReviewProtocol, Name>): void {
    const text = JSON.stringify(body);
    if (this.#published[name] === text) return;
    this.#published[name] = text;
    this.#panel.publish(name, body);
  }

  /** The media of a prompt, which must be the one shown. */
  #mediaOf({ promptId }: { promptId: string }): ReviewMedia {
    if (this.#media?.promptId !== promptId) throw new Error(t('another video is shown'));
    return this.#media;
  }

  /** Reads the rollout and its media anew. */
  #retry(): void {
    this.#media?.stop();
    this.#media = null;
    this.#read(this.#rolloutId);
  }

  /** Makes the prompt's media ready to play; a switch to another prompt stops it. */
  #prepare(promptId: string, { video, audio }: Pick<Prompt, 'video' | 'audio'>): void {
    const path = (name: string | null): string | null => name && resolve(this.#parts.folder, name);
    this.#media?.stop();
    this.#media = new ReviewMedia({
      promptId,
      video: path(video),
      audio: path(audio),
      folders: () => openableFolders(this.#parts),
      waits: !vscode.workspace.isTrusted && this.#asked !== promptId,
      cache: this.#parts.mediaCache,
      publish: (media) => this.#panel.publish('media', media),
      uri: (file, version) => this.#panel.fileUri(file, version),
    });
  }
}

const storeFolder = ({ stores }: ReviewParts): string => dirname(stores.current.file!);

/** Where media may be opened: in the project, the folders open in the editor, and those that the user named. */
function openableFolders(parts: ReviewParts): Promise<string[]> {
  return mediaFolders(
    storeFolder(parts),
    (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
  );
}

/** What the page may read from the start, for a folder that is added later reloads it: media, and what is made of them. */
async function readable(parts: ReviewParts): Promise<vscode.Uri[]> {
  // Where it is read-only, what is made of media lies elsewhere.
  await parts.stores.current.existing().catch(() => null);
  // Of a list of folders that cannot be read the player tells.
  const folders = await openableFolders(parts).catch(() => []);
  return [parts.mediaCache, ...folders].map((folder) => vscode.Uri.file(folder));
}

/** Says, once what was on its way when the panel was closed is answered, that something is left to save. */
async function tellUnsaved({ stores, unsaved }: ReviewParts): Promise<void> {
  if (stores.current.exists) await stores.client.dataVersion().catch(() => undefined);
  const { edits, corrections } = unsaved.now;
  const drafts = unsaved.now.drafts.filter(({ body }) => body.trim() !== '');
  const made = [
    ...(edits.length > 0 ? [counted(edits.length, 'edit')] : []),
    ...(drafts.length > 0 ? [counted(drafts.length, 'comment')] : []),
    ...(corrections.length > 0 ? [counted(corrections.length, 'correction')] : []),
  ];
  if (made.length === 0) return;
  const text = t('Review was closed with {0} not saved. It offers that again when it is opened.', listText(made));
  const chosen = await plain.showWarningMessage(text, t('Open Review'));
  if (chosen) await runCommand('rolloutLab.openReview', [...edits, ...drafts, ...corrections][0].rolloutId);
}

/** Tells an annotator who submitted a gold item how they did; nothing where it is none. */
async function tellGold(client: StoreClient, rolloutId: string, annotator: string): Promise<void> {
  const own = (await client.gold.agreement(rolloutId)).find((one) => one.annotator === annotator);
  if (!own) return;
  const text = t('This was a gold item. You and its gold label: {0}.', goldText(own));
  if (await plain.showInformationMessage(text, t('Show'))) await runCommand('rolloutLab.openReview', rolloutId);
}

/** The table's order does not outlive its window: without one, the queue that is there always. */
function storedPreferences({ preferences, order }: Pick<ReviewParts, 'preferences' | 'order'>): Preferences {
  const parsed = v.safeParse(preferencesSchema, preferences.get(preferencesKey));
  const stored = parsed.success ? parsed.output : defaultPreferences;
  return stored.queue === 'table' && order.isEmpty ? { ...stored, queue: defaultPreferences.queue } : stored;
}

/** A question on one line, cut to a tab's width. */
function shortened(question: string): string {
  const line = plainLine(question);
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}
