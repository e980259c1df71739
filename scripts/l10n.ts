// Writes l10n/bundle.l10n.json, every text that the code passes to `t`, for translators: npm run l10n
// VS Code's own collector, @vscode/l10n-dev, makes the same of `l10n.t`; it sees no `t` that is imported by its name, and brings 62 packages.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
export const bundleFile = join(root, 'l10n/bundle.l10n.json');

/** The bundle, from the sources of the editor, the panels and what both show. Throws for a text that is put together: none can translate it. */
export function bundleText(): string {
  const texts = globSync('{src,webview}/**/*.ts', { cwd: root }).flatMap(textsOf);
  texts.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(texts), null, 2)}\n`;
}

/** A text by the key by which `t` looks it up; one with a comment says which of two meanings it has. */
type Entry = [key: string, text: string | { message: string; comment: string[] }];

function textsOf(file: string): Entry[] {
  const source = readFileSync(join(root, file), 'utf8');
  if (!source.includes("import { t } from '@vscode/l10n'")) return [];
  const found: Entry[] = [];
  const inQuotes = (text: ts.Node): string => {
    if (!ts.isStringLiteral(text)) throw new Error(`${file}: t takes a text in quotes, not ${text.getText()}.`);
    return text.text;
  };
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
      const [text] = node.arguments;
      if (ts.isObjectLiteralExpression(text)) {
        const parts = text.properties.filter(ts.isPropertyAssignment);
        const partOf = (name: string): string =>
          inQuotes(parts.find((one) => one.name.getText() === name)!.initializer);
        const [message, comment] = [partOf('message'), partOf('comment')];
        found.push([`${message}/${comment}`, { message, comment: [comment] }]);
      } else found.push([inQuotes(text), inQuotes(text)]);
    }
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return found;
}

if (import.meta.main) writeFileSync(bundleFile, bundleText());
