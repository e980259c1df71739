/** What a command of the command line is. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { queryFault } from '../domain/rollout-query.ts';

/** The given options by name; an option with `multiple` gives a list. */
export type OptionValues = Partial<Record<string, string | boolean | (string | boolean)[]>>;

export interface CommandContext {
  /** What stands after the command's name, without options. */
  positionals: string[];
  options: Arguments;
  /** Aborted by Ctrl+C. */
  signal: AbortSignal;
  /** A line for the person who waits, on stderr. */
  progress: (line: string) => void;
  /** The folder of the bundles: workers and the training process are started from there. */
  dist: string;
}

export interface Command {
  /** "import", or "labels set". */
  name: string;
  /** Its arguments, as help shows them. */
  usage: string;
  /** What it does, in one line. */
  summary: string;
  /** What its options are, where its usage does not tell. */
  details?: string;
  options: ParseArgsOptionsConfig;
  /** Does it and returns the document that --json prints; undefined when it has said all itself. Throws UsageError on wrong arguments. */
  run(context: CommandContext): Promise<unknown>;
  /** The same for people, when the indented document would not do. */
  print?(result: never): string;
  /** Whether the result is a failure, though it is one to print. */
  failed?(result: never): boolean;
}

/** Wrong arguments: exit code 2. */
export class UsageError extends Error {}

/** Options as a command reads them, each validated where it is asked for. */
export class Arguments {
  readonly #values: OptionValues;
  /** As `progress` of the command's context. */
  readonly tell: CommandContext['progress'];

  constructor(values: OptionValues, tell: CommandContext['progress']) {
    this.#values = values;
    this.tell = tell;
  }

  has(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Every value of an option that may be given more than once. */
  texts(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing`);
    return value;
  }

  /** A query line (docs/table.md, "The query line"). */
  query(name: string): string | undefined {
    const line = this.text(name);
    const fault = queryFault(line ?? '');
    if (fault !== null) throw new UsageError(`--${name}: ${fault}`);
    return line;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text.trim() === '' || !Number.isFinite(Number(text))) {
      throw new UsageError(`--${name} must be a number, not “${text}”`);
    }
    return Number(text);
  }

  integer(name: string): number | undefined {
    const value = this.number(name);
    if (value !== undefined && !Number.isInteger(value))
      throw new UsageError(`--${name} must be a whole number, not ${value}`);
    return value;
  }

  oneOf<const Names extends readonly string[]>(name: string, names: Names): Names[number] | undefined {
    const text = this.text(name);
    if (text !== undefined && !names.includes(text)) {
      throw new UsageError(`--${name} must be one of ${names.join(', ')}, not “${text}”`);
    }
    return text;
  }
}
