/** An agent of the editor's without a language model: it calls the tool that a person names, and adds what it got to the file that LAB_AGENT names. */
import { appendFileSync } from 'node:fs';
import * as vscode from 'vscode';

/** A line of the file. */
export interface Told {
  /** Names of all tools that the editor has for an agent. */
  tools?: string[];
  /** What a tool answered. */
  texts?: string[];
  /** Why it did not. */
  fault?: string;
}

/** `NAME JSON` calls a tool, `tools` lists all. */
async function told(prompt: string, token?: vscode.ChatParticipantToolToken): Promise<string> {
  const told = prompt === 'tools' ? { tools: vscode.lm.tools.map(({ name }) => name) } : await called(prompt, token);
  appendFileSync(process.env.LAB_AGENT!, `${JSON.stringify(told)}\n`);
  return JSON.stringify(told);
}

async function called(prompt: string, toolInvocationToken?: vscode.ChatParticipantToolToken): Promise<Told> {
  const [, name, input = '{}'] = /^(\S+)(?: (.*))?$/su.exec(prompt)!;
  try {
    const { content } = await vscode.lm.invokeTool(name, { input: JSON.parse(input) as object, toolInvocationToken });
    return { texts: content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')) };
  } catch (error) {
    return { fault: String(error) };
  }
}

/** The chat answers nobody without a language model; nothing asks this one. */
const model = {
  ...{ id: 'silent', name: 'Silent', family: 'silent', version: '1', maxInputTokens: 8000, maxOutputTokens: 1000 },
  ...{ capabilities: { toolCalling: true }, isDefault: true, isUserSelectable: true },
};

/** The part of the editor's API that is newer than the oldest editor that the extension under test works in. */
type Providers = typeof vscode.lm & {
  registerLanguageModelChatProvider: (vendor: string, provider: object) => vscode.Disposable;
};

export function activate({ subscriptions }: vscode.ExtensionContext): void {
  subscriptions.push(
    (vscode.lm as Providers).registerLanguageModelChatProvider('lab-test', {
      provideLanguageModelChatInformation: () => [model],
      provideLanguageModelChatResponse: () => Promise.reject(new Error('nothing is said')),
      provideTokenCount: () => Promise.resolve(1),
    }),
    vscode.commands.registerCommand('lab-test.chat', async () => {
      const query = await vscode.window.showInputBox();
      await vscode.commands.executeCommand('workbench.action.chat.open', { query });
    }),
    vscode.commands.registerCommand('lab-test.call', async () => {
      await told((await vscode.window.showInputBox())!);
    }),
    vscode.chat.createChatParticipant('lab-test.agent', async ({ prompt, toolInvocationToken }, _context, stream) =>
      stream.markdown(await told(prompt, toolInvocationToken)),
    ),
  );
}
