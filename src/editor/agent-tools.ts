import { join } from 'node:path';
import * as vscode from 'vscode';
import { Answers, caution } from '../agents/client.ts';
import { agentSource } from '../domain/suggestion/suggestion.ts';
import { runCommand } from './commands.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { Stores } from './stores.ts';

export interface AgentParts {
  stores: Stores;
  /** The dist folder. */
  dist: string;
}

/** Before the names of the tools in the editor, where those of all extensions are together. */
const prefix = 'rollout_lab_';
/** Is of the editor alone. */
const startRun = `${prefix}start_run`;

interface Manifest {
  version: string;
  contributes: { languageModelTools: { name: string; displayName: string }[] };
}

/** Gives the tools of the manifest to the editor's language models, and the MCP server to its agents, once the folder is trusted. */
export function registerAgents(parts: AgentParts, extension: vscode.Extension<unknown>): vscode.Disposable {
  const manifest = extension.packageJSON as Manifest;
  const registered: vscode.Disposable[] = [];
  const register = (): void => void registered.push(...registerTools(parts, manifest), new McpServers(parts, manifest));
  if (vscode.workspace.isTrusted) register();
  else registered.push(vscode.workspace.onDidGrantWorkspaceTrust(register));
  return new vscode.Disposable(() => {
    for (const one of registered) one.dispose();
  });
}

function registerTools({ stores, dist }: AgentParts, { contributes }: Manifest): vscode.Disposable[] {
  const answers = new Answers(join(dist, 'agent-worker.cjs'));
  return contributes.languageModelTools.map(({ name, displayName }) =>
    vscode.lm.registerTool<unknown>(
      name,
      name === startRun ? new StartRun() : new Question(stores, answers, name.slice(prefix.length), displayName),
    ),
  );
}

class Question implements vscode.LanguageModelTool<unknown> {
  readonly #stores: Stores;
  readonly #answers: Answers;
  readonly #tool: string;
  readonly #title: string;

  constructor(stores: Stores, answers: Answers, tool: string, title: string) {
    this.#stores = stores;
    this.#answers = answers;
    this.#tool = tool;
    this.#title = title;
  }

  prepareInvocation(): vscode.PreparedToolInvocation {
    return { invocationMessage: `Rollout Lab: ${this.#title}` };
  }

  async invoke(
    { input }: vscode.LanguageModelToolInvocationOptions<unknown>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    // Rejects where the file is no longer the one that this window reads.
    const store = this.#stores.current;
    if (!(await store.existing())) throw new Error('There is no store yet: import rollouts first.');
    const { appName } = vscode.env;
    const asker = { viewer: viewer(), source: agentSource(appName), program: `${appName} ${vscode.version}` };
    const cancelled = new AbortController();
    const subscription = token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
    try {
      const question = { tool: this.#tool, input, asker };
      const answer = await store.beside((file) => this.#answers.of(file, question, cancelled.signal));
      return textsOf(caution, answer);
    } finally {
      subscription.dispose();
    }
  }
}

/** Opens the form; a person goes through it, and starts the run or does not. */
export class StartRun implements vscode.LanguageModelTool<unknown> {
  prepareInvocation() {
    return {
      invocationMessage: 'Rollout Lab: Start a run',
      confirmationMessages: {
        title: 'Open the form that starts a run?',
        message: 'An agent asks for it. No run starts before you choose Start in the form.',
      },
    };
  }

  async invoke(): Promise<vscode.LanguageModelToolResult> {
    await runCommand('rolloutLab.startRun');
    return textsOf('The form was shown. Whether a person started a run: list_runs says it.');
  }
}

const textsOf = (...texts: string[]): vscode.LanguageModelToolResult =>
  new vscode.LanguageModelToolResult(texts.map((text) => new vscode.LanguageModelTextPart(text)));

/** The MCP server of the store that is worked on, offered while there is one. */
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

  /** The server's command line; empty without a store. */
  #words(): string[] {
    const { file, exists } = this.#stores.current;
    if (file === null || !exists) return [];
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
