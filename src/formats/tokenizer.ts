/** A policy's tokenizer, with what labels need: where in the text each token starts. */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { TooLong, within } from './time-limit.ts';
import { placesOf, type Piece } from './token-places.ts';

const replacement = '\uFFFD';

/** What a tokenizer may take for one text (ms): the longest completions take a few hundred. */
const patience = 60_000;

/** A character has at most four bytes, so at most three more tokens complete what one begins. */
const completing = 3;

export class Tokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;
  readonly #special: ReadonlySet<number>;

  readonly #limit: number;

  /**
   * From the contents of tokenizer.json and tokenizer_config.json (`{}` when a folder has none). `limit` is how long it may take for one text
   * (ms): a pattern in it may never end. What takes longer throws.
   */
  constructor(tokenizer: object, config: object = {}, limit: number = patience) {
    this.#limit = limit;
    this.#tokenizer = within(limit, () => new HuggingFaceTokenizer(tokenizer, config));
    const added = [...this.#tokenizer.get_added_tokens_decoder()];
    if (added.some(([, { single_word }]) => single_word)) keepWordsWhole(this.#tokenizer);
    this.#special = new Set(added.filter(([, { special }]) => special).map(([id]) => id));
  }

  encode(text: string): Int32Array {
    return this.#timed(() => Int32Array.from(this.#tokenizer.encode(text, { add_special_tokens: false }).ids));
  }

  /** The text of ids; tokens marked special (end of sequence, padding) leave no text unless it is to be whole. */
  decode(ids: Int32Array, { isWhole = false } = {}): string {
    return this.#timed(() => this.#text(ids, isWhole));
  }

  /** Whether an id is one of its own. */
  has(id: number): boolean {
    return this.#tokenizer.id_to_token(id) !== undefined;
  }

  /** The id of a token, by its exact content. Throws when the vocabulary has none. */
  id(token: string): number {
    const id = this.#tokenizer.token_to_id(token);
    if (id === undefined) throw new Error(`The tokenizer has no token ${JSON.stringify(token)}.`);
    return id;
  }

  /**
   * Where each token of `ids`, which may be another tokenizer's, starts in `text`: UTF-16, on code-point borders, never decreasing. Between
   * two starts lies what the token contributes. One that completes a character begun by an earlier one starts where the character does,
   * and a special one that the text leaves out is empty. Text and decoded ids may differ in white space, and in what the tokenizer's
   * normaliser changes. Null where the ids do not spell the text.
   */
  starts(ids: Int32Array, text: string): Int32Array | null {
    return this.#timed(() => this.#starts(ids, text));
  }

  #timed<Result>(work: () => Result): Result {
    try {
      return within(this.#limit, work);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      throw new Error(`the policy’s tokenizer.json cannot be used: ${error.message} for one text`, { cause: error });
    }
  }

  #starts(ids: Int32Array, text: string): Int32Array | null {
    if (!ids.every((id) => this.has(id))) return null;
    const normal = (part: string): string => this.#tokenizer.normalizer?.normalize(part) ?? part;
    const special = Array.from(ids, (id) => this.#special.has(id));
    const ordinary = ids.filter((_, i) => !special[i]);
    const lengths = this.#lengths(ordinary).values();
    const leftOut = special.map((one): Piece => ({ length: one ? 0 : lengths.next().value!, optional: false }));
    const places = placesOf(this.#text(ordinary), leftOut, text, normal);
    if (places || ordinary.length === ids.length) return places;
    const kept = this.#lengths(ids).map((length, i): Piece => ({ length, optional: special[i] }));
    return placesOf(this.#text(ids), kept, text, normal);
  }

  #text(ids: Int32Array, isWhole = true): string {
    if (ids.length === 0) return '';
    return this.#tokenizer.decode([...ids], { skip_special_tokens: !isWhole, clean_up_tokenization_spaces: false });
  }

  /** How much of the decoded text (UTF-16) each token contributes. Each step decodes a short window, not the whole text. */
  #lengths(ids: Int32Array): number[] {
    // Decoders treat a text's first token in a way of its own, so that a window's first is not the one that is measured.
    let [window, settled, before] = [0, 0, 0];
    return Array.from(ids, (_, i) => {
      const text = this.#text(ids.subarray(window, i + 1));
      // What ends as an unfinished character does may be one, or bytes that are none and stay so.
      const broken = text.endsWith(replacement);
      const more = broken ? this.#text(ids.subarray(window, i + 1 + completing)) : text;
      const certain = broken ? commonLength(text, more) : text.length;
      const length = Math.max(certain - before, 0);
      before = certain;
      if (!broken || more === text + this.#text(ids.subarray(i + 1, i + 1 + completing))) {
        [window, settled] = [settled, i + 1];
        before = this.#text(ids.subarray(window, settled)).length;
      }
      return length;
    });
  }
}

interface Splitter {
  split(text: string): string[];
}

const wordCharacter = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d]`;
const [endsInWord, beginsWord] = [new RegExp(`${wordCharacter}$`, 'u'), new RegExp(`^${wordCharacter}`, 'u')];

/**
 * Makes a tokenizer pass over an added token that may only be a word of its own (`single_word`) where it is part of a longer one, as Rust's
 * tokenizers do: the package (0.2.0) cuts a text at every added token. Between two other added tokens it is still one.
 */
function keepWordsWhole(tokenizer: HuggingFaceTokenizer): void {
  const onlyWords = new Map<string, boolean>();
  for (const { content, single_word } of tokenizer.get_added_tokens_decoder().values()) {
    onlyWords.set(content, single_word);
    onlyWords.set(tokenizer.normalizer?.normalize(content) ?? content, single_word);
  }
  const { splitter_unnormalized, splitter_normalized } = tokenizer as unknown as Record<string, Splitter>;
  for (const splitter of [splitter_unnormalized, splitter_normalized]) {
    const split = splitter.split.bind(splitter);
    splitter.split = (text) => {
      const sections: string[] = [];
      let [end, afterText] = [0, false];
      for (const section of split(text)) {
        const start = end;
        end += section.length;
        const inWord =
          endsInWord.test(text.slice(Math.max(start - 2, 0), start)) || beginsWord.test(text.slice(end, end + 2));
        const isText = !onlyWords.has(section) || (onlyWords.get(section) === true && inWord);
        if (isText && afterText) sections.push(sections.pop()! + section);
        else sections.push(section);
        afterText = isText;
      }
      return sections;
    };
  }
}

/** How many UTF-16 units two texts begin with alike. */
function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
