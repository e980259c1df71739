// Writes docs/reference.md, every command, setting and key, from where the program itself has them: npm run reference
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commands as shellCommands } from '../src/cli/commands.ts';
import { overrideKeys, presetConfig } from '../src/domain/preset.ts';
import { defaultLora } from '../src/domain/run.ts';
import { keyNames, reviewChords, reviewKeys } from '../src/protocol/review-keys.ts';
import { readManifest } from './manifest.ts';

const root = resolve(import.meta.dirname, '..');
export const referenceFile = join(root, 'docs/reference.md');

interface Setting {
  type: string;
  default: unknown;
  description?: string;
  markdownDescription?: string;
  enum?: string[];
  enumDescriptions?: string[];
}

interface Manifest {
  contributes: {
    commands: { command: string; title: string; category: string; enablement?: string }[];
    keybindings: { command: string; key: string; mac?: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    views: Record<string, { id: string; name: string }[]>;
    configuration: { properties: Record<string, Setting> };
  };
}

/** The document, from the manifest and the tables in the code. */
export function referenceText(): string {
  const { contributes } = readManifest<Manifest>();
  return `${[
    '# Reference',
    'Every command, setting and key. `npm run reference` writes this document from `package.json`, `package.nls.json` and the tables in the code: change it there.',
    '## Commands in the editor',
    'Press `F1` and type “Rollout Lab” for the whole list.',
    commandTable(contributes),
    '## Settings in the editor',
    settingTable(contributes),
    '## Keys of the Review panel',
    'The setting `rolloutLab.keys` changes these by their names. `1` to `9` begin the phase that has the digit as its key.',
    table(
      ['Key', 'What it does', 'Name'],
      keyNames.map((name) => [keyText(reviewKeys[name].keys), sentence(reviewKeys[name].does), code(name)]),
    ),
    'Keyboard Shortcuts of the editor changes these; `Alt+C` is fixed. On a Mac, `Ctrl` is Command.',
    table(
      ['Key', 'What it does'],
      Object.values(reviewChords).map(({ keys, does }) => [code(keys), sentence(does)]),
    ),
    '## Commands in a terminal',
    'Each is `npx rollout-lab NAME …`. [command-line.md](command-line.md) has examples and the exit codes.',
    ...shellCommands.map(
      ({ name, usage, summary, details }) =>
        `### ${name}\n\n${[summary, details].filter(Boolean).join(' ')}\n\n\`\`\`\n${name} ${usage}\n\`\`\``,
    ),
    '## Settings of a run',
    '`train --set KEY=VALUE` changes these. The values are those of the preset `avatar`; `null` and `[]` say that nothing is set (for `lora.…` they are those of a fresh adapter). `judge.endpoint`, `judge.model`, `judge.timeout` and `judge.concurrency` name a judge. What each does in the loss and the loop: [algorithm.md](algorithm.md).',
    runTable(),
  ].join('\n\n')}\n`;
}

function commandTable({ commands, keybindings, menus, views }: Manifest['contributes']): string {
  const viewName = new Map(Object.values(views).flatMap((list) => list.map(({ id, name }) => [id, name])));
  const places = (id: string): string[] =>
    Object.entries(menus).flatMap(([menu, items]) =>
      items
        .filter(({ command }) => command === id && menu !== 'commandPalette')
        .map(({ when = '' }) => {
          if (menu === 'explorer/context') {
            const [file, folder] = [when.includes('resourceExtname'), when.includes('explorerResourceIsFolder')];
            return `a ${[...(file ? ['file'] : []), ...(folder ? ['folder'] : [])].join(' or ')} in the Explorer`;
          }
          const view = viewName.get(/view == (\S+)/.exec(when)?.[1] ?? '') ?? '';
          return menu === 'view/title' ? `title of ${view}` : `a line of ${view}`;
        }),
    );
  const where = ({ command, enablement = '' }: (typeof commands)[number]): string =>
    [
      ...new Set([
        ...(enablement.includes('rolloutLab.review') ? ['Review'] : []),
        ...places(command),
        ...(enablement.includes('isWorkspaceTrusted') ? ['trusted folders only'] : []),
      ]),
    ].join('; ');
  const keys = (id: string): string =>
    keybindings
      .filter(({ command }) => command === id)
      .map(({ key, mac }) =>
        [key, mac]
          .filter((one) => one !== undefined)
          .map(code)
          .join(', on a Mac '),
      )
      .join('; ');
  return table(
    ['Command', 'Also found in', 'Key', 'Id'],
    commands.map((one) => [one.title, where(one), keys(one.command), code(one.command)]),
  );
}

function settingTable({ configuration }: Manifest['contributes']): string {
  const about = ({ description, markdownDescription, enum: values, enumDescriptions }: Setting): string => {
    const choices = (values ?? []).map((value, i) => `${code(value)}: ${enumDescriptions?.[i] ?? ''}`);
    return [description ?? markdownDescription ?? '', ...choices].join('<br>').replace(/`#([\w.]+)#`/gu, '`$1`');
  };
  return table(
    ['Setting', 'Default', 'What it does'],
    Object.entries(configuration.properties).map(([name, setting]) => [
      code(name),
      code(JSON.stringify(setting.default)),
      about(setting),
    ]),
  );
}

function runTable(): string {
  const config = { ...presetConfig('avatar', '', 0), lora: defaultLora };
  const value = (key: string): unknown =>
    key.split('.').reduce((part, name) => (part as Record<string, unknown>)[name], config as unknown);
  const described = new Map([
    ...docstrings('run.ts', 'RunConfig'),
    ...docstrings('run.ts', 'LoraConfig', 'lora.'),
    ...docstrings('hint.ts', 'HintForm', 'hints.'),
    ...docstrings('hint.ts', 'HintRule', 'hints.'),
  ]);
  return table(
    ['Setting', 'Value', 'What it is'],
    overrideKeys(config)
      .filter((key) => key !== 'policy' && key !== 'preset')
      .map((key) => {
        const text = described.get(key) ?? described.get(key.split('.')[0]);
        if (text === undefined) throw new Error(`${key} of RunConfig has no docstring, which docs/reference.md shows`);
        return [code(key), code(JSON.stringify(value(key))), text];
      }),
  );
}

/** The docstring of each field of an interface in src/domain, by its dotted name. */
function docstrings(file: string, name: string, prefix = ''): Map<string, string> {
  const source = readFileSync(join(root, 'src/domain', file), 'utf8');
  const body = new RegExp(String.raw`export interface ${name}(?: extends \w+)? \{\n([^]*?)\n\}`, 'u').exec(source)![1];
  const found = new Map<string, string>();
  let part = '';
  for (const [, comment, indent, field, opens] of body.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*\n)?^( +)(\w+)\??: (\{$)?/gmu,
  )) {
    if (indent.length === 2) part = opens ? `${field}.` : '';
    const nested = indent.length > 2 ? part : '';
    if (comment) found.set(prefix + nested + field, comment.replace(/\s*\n\s*\*\s?/gu, ' ').trim());
  }
  return found;
}

const code = (text: string): string => `\`${text}\``;

/** Keys with a space between them; "+ =" are two. */
const keyText = (keys: string): string => keys.split(' ').map(code).join(' ');

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}`;

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

if (import.meta.main) writeFileSync(referenceFile, referenceText());
