/** The Agreement panel: how far annotators agree, and where they do not. One a window. */
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { judgementAgreement } from '../domain/judgement-agreement.ts';
import { agreementOf } from '../domain/agreement-report.ts';
import { errorText } from '../domain/error-text.ts';
import { isBlindPass } from '../domain/review.ts';
import {
  agreementProtocol,
  type AgreementProgress,
  type AgreementProtocol,
  type AgreementSnapshot,
  type DisagreementItem,
} from '../protocol/agreement.ts';
import type { StoreClient } from '../store/client.ts';
import type { DisagreementQuery } from '../store/store.ts';
import { runCommand } from './commands.ts';
import { exportAgreement } from './export-command.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { Stores } from './stores.ts';
import type { WorkspaceStore } from './workspace-store.ts';

export interface AgreementParts {
  stores: Stores;
  /** The dist folder. */
  dist: string;
  log: vscode.LogOutputChannel;
  /** The dist folder. */
  assets: vscode.Uri;
}

/** Rollouts of the list: those further down agree better. */
const listed = 100;

export class AgreementPanel {
  static readonly #slot = new PanelSlot<AgreementPanel>('agreement', t('Agreement'));

  readonly #parts: AgreementParts;
  readonly #panel: Panel<AgreementProtocol>;
  readonly #refresh: () => void;
  /** The store's file and its newest edit of a label, and of a judgement, when it was measured. */
  #measured = '';
  /** The store's file, the newest thing that anybody did and the rollouts that there are, when it was counted. */
  #counted = '';

  static async show(parts: AgreementParts): Promise<void> {
    if (!(await AgreementPanel.#slot.reveal())) AgreementPanel.#slot.open((view) => new AgreementPanel(parts, view));
  }

  /** Brings the panel back after a reload of the window; its page knows what it showed. */
  static bringBack(parts: AgreementParts): vscode.Disposable {
    return AgreementPanel.#slot.bringBack(async () => (view) => new AgreementPanel(parts, view));
  }

  private constructor(parts: AgreementParts, view: vscode.WebviewPanel) {
    this.#parts = parts;
    const { stores, dist } = parts;
    this.#panel = new Panel({
      panel: view,
      assets: parts.assets,
      page: 'agreement',
      protocol: agreementProtocol,
      log: parts.log,
      handlers: {
        disagreements: (query) => stores.current.apart((client) => readDisagreements(client, query)),
        review: ({ rolloutId }) => runCommand('rolloutLab.openReview', rolloutId).then(() => null),
        label: async () => {
          await needRollouts(stores.current);
          await runCommand('rolloutLab.openReview');
          return null;
        },
        chooseAnnotator: async () => {
          await vscode.commands.executeCommand('workbench.action.openSettings', 'rolloutLab.annotator');
          return null;
        },
        exportCsv: () => exportAgreement({ store: stores.current, dist }).then(() => null),
        retry: () => stores.current.reopen().then(() => null),
      },
    });
    this.#refresh = this.#panel.refresher(() => this.#publish());
    this.#panel.own(
      stores.onDidChange(this.#refresh),
      view.onDidChangeViewState(this.#refresh),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!changesViewer(change)) return;
        this.#measured = '';
        this.#refresh();
      }),
    );
    this.#refresh();
  }

  async #publish(): Promise<void> {
    try {
      const progress = await this.#readProgress();
      if (progress) this.#panel.publish('progress', progress);
      const snapshot = await this.#read();
      if (snapshot) this.#panel.publish('snapshot', snapshot);
    } catch (error) {
      this.#measured = '';
      this.#counted = '';
      this.#panel.publish('snapshot', { status: 'failed', message: errorText(error) });
    }
  }

  /** Null when nobody has done anything and there are no more rollouts. */
  async #readProgress(): Promise<AgreementProgress | null> {
    const store = this.#parts.stores.current;
    const client = await store.existing();
    if (!client) return { annotators: [], gold: [] };
    const version = JSON.stringify([store.file, await client.activities.latest(), await client.prompts.datasets()]);
    if (version === this.#counted) return null;
    const [annotators, gold] = await store.apart((own) => Promise.all([own.progress.get(), own.gold.agreement()]));
    this.#counted = version;
    return { annotators, gold };
  }

  /** Null when no label and no judgement has changed: a run changes the store every second. */
  async #read(): Promise<AgreementSnapshot | null> {
    const store = this.#parts.stores.current;
    const client = await store.existing();
    const phases = (await client?.phases.get()) ?? [];
    const latest = await Promise.all([client?.labels.latestRevision(), client?.judgements.latest()]);
    const version = JSON.stringify([store.file, latest, phases]);
    if (version === this.#measured) return null;
    const [agreement, judgements] = client
      ? await store.apart((own) => Promise.all([own.agreement.get(), own.agreement.judgements()]))
      : [agreementOf([]), judgementAgreement([])];
    this.#measured = version;
    return { status: 'measured', agreement, judgements, phases };
  }
}

/** The rollouts on which a scope agrees least; without the labels of those where the viewer's own must come first. */
async function readDisagreements(
  client: StoreClient,
  query: Omit<DisagreementQuery, 'limit'>,
): Promise<DisagreementItem[]> {
  const by = viewer();
  const items = await client.agreement.disagreements({ ...query, limit: listed });
  return Promise.all(
    items.map(async (item) => {
      const labelledBy = (await client.labels.of(item.rolloutId)).map(({ annotator }) => annotator);
      return isBlindPass(labelledBy, by) ? { ...item, labels: [] } : item;
    }),
  );
}

/** Throws, with what to do, when there is nothing to label. */
async function needRollouts(store: WorkspaceStore): Promise<void> {
  const client = await store.existing();
  const page = await client?.rollouts.page({ limit: 1 });
  if (!page || page.rows.length === 0) throw new Error(t('There is no rollout to label yet: import rollouts first.'));
}
