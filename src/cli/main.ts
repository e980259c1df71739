/** `rollout-lab COMMAND …`: exit code 0 done, 1 failed, 2 wrong usage; --json prints one JSON document and nothing else. */
import { parseArgs } from 'node:util';
import { errorText } from '../domain/error-text.ts';
import { plainJson, plainText } from '../domain/plain-text.ts';
import { Arguments, UsageError, type Command } from './command.ts';
import { commands } from './commands.ts';

const shared = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

/** The oldest Node in which the store's addon runs: in an older one it ends the process without a word. */
const oldestForStore = 22;

/** What the system says of a file, by its code. */
const systemFaults: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is no folder',
  EISDIR: 'this is a folder: name a file',
  EACCES: 'you have no permission for this: choose another place, or change its permissions',
  EROFS: 'this cannot be written: choose another place',
  ENOSPC: 'the disk is full',
};

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

async function main(words: string[]): Promise<number> {
  const json = words.includes('--json');
  try {
    if (Number.parseInt(process.versions.node, 10) < oldestForStore)
      throw new Error(
        `Node ${process.versions.node} is too old, ${oldestForStore} is needed: npx rollout-lab takes the checkout’s own`,
      );
    const command = find(words);
    if (!command) {
      if (words[0] === undefined || words.includes('--help') || words.includes('-h')) {
        process.stdout.write(overview());
        return words[0] === undefined ? 2 : 0;
      }
      throw new UsageError(`there is no command “${words.filter((word) => !word.startsWith('-')).join(' ')}”`);
    }
    return await run(command, words.slice(command.name.split(' ').length), json);
  } catch (error) {
    const message = messageOf(error);
    if (json) process.stdout.write(`${plainJson({ error: message })}\n`);
    else process.stderr.write(`rollout-lab: ${plainText(message)}\n`);
    if (!(error instanceof UsageError)) return 1;
    if (!json) process.stderr.write('rollout-lab --help lists the commands.\n');
    return 2;
  }
}

/** An error's own words; of one that came from the system as it is, the path and words for its code. */
function messageOf(error: unknown): string {
  const { code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const words = code === undefined ? undefined : systemFaults[code];
  return words === undefined || path === undefined ? errorText(error) : `${path}: ${words}`;
}

async function run(command: Command, words: string[], json: boolean): Promise<number> {
  const { values, positionals } = parse(command, words);
  if (values.help) {
    process.stdout.write(helpOf(command));
    return 0;
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const result = await command.run({
    positionals,
    options: new Arguments(values),
    signal: interrupted.signal,
    progress: (line) => process.stderr.write(`${plainText(line)}\n`),
    dist: __dirname,
  });
  const printed = json ? undefined : command.print?.(result as never);
  process.stdout.write(`${printed === undefined ? plainJson(result, json ? undefined : 2) : plainText(printed)}\n`);
  return command.failed?.(result as never) ? 1 : 0;
}

function parse(command: Command, words: string[]) {
  try {
    return parseArgs({ args: words, options: { ...command.options, ...shared }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nusage: rollout-lab ${command.name} ${command.usage}`);
  }
}

/** The command whose name the first words are: the longest such name. */
function find(words: string[]): Command | undefined {
  return commands
    .filter(({ name }) => name.split(' ').every((word, i) => words[i] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
  return `usage: rollout-lab COMMAND … [--json]\n\n${list}\nrollout-lab COMMAND --help describes one command.\n`;
}

function helpOf({ name, usage, summary }: Command): string {
  return `usage: rollout-lab ${name} ${usage}\n\n${summary}\n--json prints the result as one JSON document.\n`;
}
