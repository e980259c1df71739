import { join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { Answers, caution } from '../agents/client.ts';
import { agentSource } from '../domain/suggestion/suggestion.ts';
import { runCommand } from './commands.ts';
import { needTrust } from './run-supervisor.ts';
import type { Stores } from './stores.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { WorkspaceStore } from './workspace-store.ts';

export interface AgentParts {
  stores: Stores;
  /** The dist folder. */
  dist: string;
}

/** Before the names of the tools in the editor, where those of all extensions are together. */
const prefix = 'rollout_lab_';
/** Is of the editor alone. */
const startRun = `${prefix}start_run`;

/** What the editor asks a person before a tool changes something. */
export const questions: Readonly<Record<string, { title: string; message: string }>> = {
  [startRun]: {
    title: t('Open the form that starts a run?'),
    message: t('An agent asks for it. No run starts before you choose Start in the form.'),
  },
  [`${prefix}suggest_phases`]: {
    title: t('Store a suggestion of phases?'),
    message: t(
      'An agent suggests phases for a rollout. Review draws them for you to accept or refuse; they are no label. What it suggested for that rollout before is replaced.',
    ),
  },
};

interface Manifest {
  version: string;
  contributes: { languageModelTools: { name: string; displayName: string }[] };
}

/** Gives the tools of the manifest to the editor's language models, and the MCP server to its agents; both serve trusted folders alone. */
export function registerAgents(parts: AgentParts, extension: vscode.Extension<unknown>): vscode.Disposable {
  const manifest = extension.packageJSON as Manifest;
  return vscode.Disposable.from(...registerTools(parts, manifest), new McpServers(parts, manifest));
}

function registerTools({ stores, dist }: AgentParts, { contributes }: Manifest): vscode.Disposable[] {
  const answers = new Answers(join(dist, 'agent-worker.cjs'));
  return contributes.languageModelTools.map(({ name, displayName }) =>
    vscode.lm.registerTool<unknown>(name, {
      prepareInvocation: () => {
        needTrust(t('Trust this folder to have agents read its rollouts, or open the form that starts a run.'));
        return { invocationMessage: `Rollout Lab: ${displayName}`, confirmationMessages: questions[name] };
      },
      invoke: ({ input }, token) =>
        name === startRun
          ? showForm()
          : answer(stores.current, answers, { tool: name.slice(prefix.length), input }, token),
    }),
  );
}

/** Opens the form; a person goes through it, and starts the run or does not. */
async function showForm(): Promise<vscode.LanguageModelToolResult> {
  await runCommand('rolloutLab.startRun');
  return textsOf('The form was shown. Whether a person started a run: list_runs says it.');
}

async function answer(
  store: WorkspaceStore,
  answers: Answers,
  asked: { tool: string; input: unknown },
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  // Rejects where the file is no longer the one that this window reads.
  if (!(await store.existing())) throw new Error('There is no store yet: import rollouts first.');
  const { appName } = vscode.env;
  const asker = { viewer: viewer(), source: agentSource(appName), program: `${appName} ${vscode.version}` };
  const cancelled = new AbortController();
  const subscription = token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
  try {
    return textsOf(caution, await store.beside((file) => answers.of(file, { ...asked, asker }, cancelled.signal)));
  } finally {
    subscription.dispose();
  }
}

const textsOf = (...texts: string[]): vscode.LanguageModelToolResult =>
  new vscode.LanguageModelToolResult(texts.map((text) => new vscode.LanguageModelTextPart(text)));

/** The MCP server of the store that is worked on, offered while there is one in a trusted folder. */
class McpServers implements vscode.McpServerDefinitionProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeMcpServerDefinitions = this.#changed.event;
  readonly #stores: Stores;
  readonly #dist: string;
  readonly #version: string;
  readonly #subscriptions: vscode.Disposable;
  #offered: string;

  constructor({ stores, dist }: AgentParts, { version }: Manifest) {
    this.#stores = stores;
    this.#dist = dist;
    this.#version = version;
    this.#offered = this.#words().join('\0');
    this.#subscriptions = vscode.Disposable.from(
      this.#changed,
      stores.onDidChange(() => this.#look()),
      vscode.workspace.onDidChangeConfiguration((change) => changesViewer(change) && this.#look()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#look()),
      vscode.lm.registerMcpServerDefinitionProvider('rolloutLab.store', this),
    );
  }

  provideMcpServerDefinitions(): vscode.McpServerDefinition[] {
    const words = this.#words();
    if (words.length === 0) return [];
    // In desktop VS Code the executable is Electron, which is Node when told so.
    const environment = { ELECTRON_RUN_AS_NODE: '1' };
    return [new vscode.McpStdioServerDefinition('Rollout Lab', process.execPath, words, environment, this.#version)];
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** The server's command line; empty where none is offered. */
  #words(): string[] {
    const { file, exists } = this.#stores.current;
    if (file === null || !exists || !vscode.workspace.isTrusted) return [];
    const { annotator, blindFirstPass } = viewer();
    return [join(this.#dist, 'cli.cjs'), 'mcp', '--db', file, ...(blindFirstPass ? ['--blind-for', annotator] : [])];
  }

  #look(): void {
    const words = this.#words().join('\0');
    if (words === this.#offered) return;
    this.#offered = words;
    this.#changed.fire();
  }
}
