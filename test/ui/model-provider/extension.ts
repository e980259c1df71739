/** An extension that gives the editor a language model: what it is asked goes to the endpoint that LAB_MODEL names, and comes back from there. */
import * as vscode from 'vscode';

/** The part of the editor's API that is newer than the oldest editor that the extension under test works in. */
interface Provider {
  provideLanguageModelChatInformation: () => object[];
  provideLanguageModelChatResponse: (
    model: object,
    messages: { content: unknown[] }[],
    options: object,
    progress: vscode.Progress<vscode.LanguageModelTextPart>,
  ) => Promise<void>;
  provideTokenCount: () => Promise<number>;
}
type Providers = typeof vscode.lm & {
  registerLanguageModelChatProvider: (vendor: string, provider: Provider) => vscode.Disposable;
};

export function activate({ subscriptions }: vscode.ExtensionContext): void {
  subscriptions.push(
    (vscode.lm as Providers).registerLanguageModelChatProvider('lab-test', {
      provideLanguageModelChatInformation: () => [
        {
          ...{ id: 'reader', name: 'Small Reader', family: 'reader', version: '1' },
          ...{ maxInputTokens: 8000, maxOutputTokens: 1000, capabilities: {} },
          // The editor asks a person before another extension may use it.
          requiresAuthorization: { label: 'Lab Test' },
        },
      ],
      provideLanguageModelChatResponse: async (_model, messages, _options, progress) => {
        const parts = messages.flatMap(({ content }) => content);
        const content = parts.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
        const question = {
          model: 'reader',
          messages: [
            { role: 'system', content: '' },
            { role: 'user', content },
          ],
        };
        const body = JSON.stringify(question);
        const response = await fetch(`${process.env.LAB_MODEL}/chat/completions`, { method: 'POST', body });
        if (response.status === 403) throw vscode.LanguageModelError.Blocked('the quota is used up');
        if (!response.ok) throw new Error(`answered ${response.status}`);
        const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
        // As models answer: piece by piece.
        for (const piece of choices[0].message.content.match(/.{1,40}/gsu) ?? [])
          progress.report(new vscode.LanguageModelTextPart(piece));
      },
      provideTokenCount: () => Promise.resolve(1),
    }),
  );
}
