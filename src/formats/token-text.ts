/** What token ids say, for dumps that hold nothing else. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { TokenTrace } from '../domain/rollout.ts';
import { logProbsOf, type FileContext } from './draft.ts';
import { readSmall } from './small-file.ts';
import { Tokenizer } from './tokenizer.ts';

const file = 'tokenizer.json';

export class TokenText {
  readonly #tokenizer: Tokenizer;
  /** The folder's. */
  readonly name: string;

  constructor(name: string, tokenizer: object, config: object) {
    this.name = name;
    this.#tokenizer = new Tokenizer(tokenizer, config);
  }

  /** Throws when an id is none of the tokenizer's. */
  textOf(ids: readonly number[], { isWhole = false } = {}): string {
    const strange = ids.find((id) => !this.#tokenizer.has(id));
    if (strange !== undefined)
      throw new Error(`the tokenizer in ${this.name} has no token ${strange}: it is another policy’s`);
    return this.#tokenizer.decode(Int32Array.from(ids), { isWhole });
  }

  /** Of ids that the policy sampled one after the other, which `textOf` says as `completion`. */
  traceOf(
    sampled: readonly number[],
    completion: string,
    logProbs: readonly (number | null)[] | null,
    context: FileContext,
  ): TokenTrace {
    const ids = Int32Array.from(sampled);
    return {
      ids,
      offsets: this.#tokenizer.starts(ids, completion),
      logProbs: logProbs && logProbsOf(logProbs, context),
      tokenizer: this.name,
    };
  }

  /**
   * A completion's tokens: of ids that are known, where they start, null where they do not spell it; where none are known, those that the
   * tokenizer makes of the text, which may be others than the policy sampled.
   */
  tokensOf(completion: string, known: TokenTrace | null): TokenTrace {
    if (known?.offsets) return known;
    const ids = known?.ids ?? this.#tokenizer.encode(completion);
    const made = known ?? { ids, logProbs: null, tokenizer: this.name };
    return { ...made, offsets: this.#tokenizer.starts(ids, completion) };
  }
}

/**
 * The tokenizer of the folder that a person gave; else of `model`, where that is a folder; else of `folder` or the two above it. Throws,
 * with the cure, when there is none.
 */
export async function tokenTextOf(folder: string, given: string | undefined, model?: string): Promise<TokenText> {
  const places = given === undefined ? [...(model ? [model] : []), ...above(folder)] : [given];
  const found = places.find((place) => existsSync(join(place, file)));
  if (found !== undefined) {
    const config = join(found, 'tokenizer_config.json');
    return new TokenText(
      basename(resolve(found)),
      await objectIn(join(found, file)),
      existsSync(config) ? await objectIn(config) : {},
    );
  }
  if (given !== undefined) throw new Error(`there is no ${file} in ${given}`);
  throw new Error(
    `it holds token ids alone, and their tokenizer is not known: put ${file} and tokenizer_config.json of ` +
      `${model ?? 'the policy'} beside it or into a folder above, or name their folder with --tokenizer`,
  );
}

const above = (folder: string): string[] => [folder, dirname(folder), dirname(dirname(folder))];

async function objectIn(path: string): Promise<object> {
  try {
    return JSON.parse((await readSmall(path)).toString()) as object;
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
