/** A policy's tokenizer, with what labels need: where in the text each token starts. */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';

export interface TokenizedText {
  ids: Int32Array;
  /** UTF-16 offset in the text at which each token starts; never decreasing. */
  offsets: Int32Array;
}

const replacement = '\uFFFD';

export class Tokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;

  /** From the contents of tokenizer.json and tokenizer_config.json (`{}` when a folder has none). */
  constructor(tokenizer: object, config: object = {}) {
    this.#tokenizer = new HuggingFaceTokenizer(tokenizer, config);
  }

  encode(text: string): Int32Array {
    return Int32Array.from(this.#tokenizer.encode(text, { add_special_tokens: false }).ids);
  }

  /** The text of ids; tokens marked special (end of sequence, padding) leave no text. */
  decode(ids: Int32Array): string {
    if (ids.length === 0) return '';
    return this.#tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** Whether `ids`, which may be another tokenizer's, are tokens of this one and decode to `text`. */
  spells(ids: Int32Array, text: string): boolean {
    return ids.every((id) => this.#tokenizer.id_to_token(id) !== undefined) && this.decode(ids) === text;
  }

  /** The id of a token, by its exact content. Throws when the vocabulary has none. */
  id(token: string): number {
    const id = this.#tokenizer.token_to_id(token);
    if (id === undefined) throw new Error(`The tokenizer has no token ${JSON.stringify(token)}.`);
    return id;
  }

  /**
   * Where each token of `ids` starts in `decode(ids)`. A token that completes a character begun by an earlier one starts where that
   * character does; a special token starts where the text before it ends. Each step decodes a short window, not the whole text.
   */
  offsets(ids: Int32Array): Int32Array {
    const starts = new Int32Array(ids.length);
    let window = 0;
    let settled = 0;
    let length = 0;
    for (let i = 0; i < ids.length; i += 1) {
      starts[i] = length;
      const before = this.decode(ids.subarray(window, settled));
      const after = this.decode(ids.subarray(window, i + 1));
      if (after.endsWith(replacement)) continue;
      length += Math.max(after.length - before.length, 0);
      if (after.length > before.length) window = settled;
      settled = i + 1;
    }
    return starts;
  }

  /**
   * Tokens of a text with their places in it. Where a decoder changes white space, each token is searched from where the
   * one before it ended.
   */
  tokenize(text: string): TokenizedText {
    const ids = this.encode(text);
    const decoded = this.offsets(ids);
    if (this.decode(ids) === text) return { ids, offsets: decoded };
    let cursor = 0;
    const offsets = Int32Array.from(ids, (id) => {
      const piece = this.#tokenizer.decode([id], { skip_special_tokens: false }).trim();
      const found = piece === '' ? -1 : text.indexOf(piece, cursor);
      if (found < 0) return cursor;
      cursor = found + piece.length;
      return found;
    });
    return { ids, offsets };
  }
}
