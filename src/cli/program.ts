/** What a command line does with its commands: exit code 0 done, 1 failed, 2 wrong usage; --json prints one JSON document and nothing else. */
import { parseArgs } from 'node:util';
import { errorText } from '../domain/error-text.ts';
import { plainJson, plainText } from '../domain/plain-text.ts';
import { Arguments, UsageError, type Command } from './command.ts';

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

/** How the command line is called, and what it can do. */
export interface Program {
  name: string;
  commands: readonly Command[];
}

/** Does what the words of this process's command line ask for, and sets its exit code. */
export async function runProgram(program: Program): Promise<void> {
  process.exitCode = await codeOf(program, process.argv.slice(2));
}

async function codeOf(program: Program, words: string[]): Promise<number> {
  const json = words.includes('--json');
  const command = find(program, words);
  try {
    if (Number.parseInt(process.versions.node, 10) < oldestForStore)
      throw new Error(
        `Node ${process.versions.node} is too old, ${oldestForStore} is needed: npx rollout-lab takes the checkout’s own`,
      );
    if (!command) {
      if (words[0] === undefined || words.includes('--help') || words.includes('-h')) {
        process.stdout.write(overview(program));
        return words[0] === undefined ? 2 : 0;
      }
      throw new UsageError(`there is no command “${words.filter((word) => !word.startsWith('-')).join(' ')}”`);
    }
    return await run(program, command, words.slice(command.name.split(' ').length), json);
  } catch (error) {
    const message = messageOf(error);
    if (json) process.stdout.write(`${plainJson({ error: message })}\n`);
    else process.stderr.write(`${program.name}: ${plainText(message)}\n`);
    if (!(error instanceof UsageError)) return 1;
    const help = command
      ? `${program.name} ${command.name} --help describes it.`
      : `${program.name} --help lists the commands.`;
    if (!json) process.stderr.write(`${help}\n`);
    return 2;
  }
}

/** An error's own words; of one that came from the system as it is, the path and words for its code. */
function messageOf(error: unknown): string {
  const { code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const words = code === undefined ? undefined : systemFaults[code];
  return words === undefined || path === undefined ? errorText(error) : `${path}: ${words}`;
}

async function run(program: Program, command: Command, words: string[], json: boolean): Promise<number> {
  const { values, positionals } = parse(program, command, words);
  if (values.help) {
    process.stdout.write(helpOf(program, command));
    return 0;
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const progress = (line: string): boolean => process.stderr.write(`${plainText(line)}\n`);
  const result = await command.run({
    positionals,
    options: new Arguments(values, progress),
    signal: interrupted.signal,
    progress,
    dist: __dirname,
  });
  // It had stdout to itself.
  if (result === undefined) return 0;
  const printed = json ? undefined : command.print?.(result as never);
  process.stdout.write(`${printed === undefined ? plainJson(result, json ? undefined : 2) : plainText(printed)}\n`);
  return command.failed?.(result as never) ? 1 : 0;
}

function parse({ name: program }: Program, command: Command, words: string[]) {
  try {
    return parseArgs({ args: words, options: { ...command.options, ...shared }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nusage: ${program} ${command.name} ${command.usage}`);
  }
}

/** The command whose name the first words are: the longest such name. */
function find({ commands }: Program, words: string[]): Command | undefined {
  return commands
    .filter(({ name }) => name.split(' ').every((word, i) => words[i] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

function overview({ name: program, commands }: Program): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
  return `usage: ${program} COMMAND … [--json]\n\n${list}\n${program} COMMAND --help describes one command.\n`;
}

function helpOf({ name: program }: Program, { name, usage, summary, details }: Command): string {
  return `usage: ${program} ${name} ${usage}\n\n${[summary, details].filter(Boolean).join(' ')}\n--json prints the result as one JSON document.\n`;
}
