/** A byte-level BPE tokenizer in Hugging Face's format, grown until every word of the corpus is one token. */

/** Tokens outside the vocabulary's words; the ids of a fresh tokenizer begin with them. */
export const specialTokens = ['<|endoftext|>', '<|pad|>'] as const;
/** The completion's tags: one token each, but part of its text. */
export const tagTokens = ['<think>', '</think>', '<answer>', '</answer>'] as const;

/** Words with the space before and one mark after them; clock times; single digits; anything else. */
const wordPattern = String.raw` ?\d+:\d\d| ?\d| ?\p{L}+[.,:?]?| ?[^\s\p{L}\d]+|\s`;

interface AddedToken {
  id: number;
  content: string;
  single_word: false;
  lstrip: false;
  rstrip: false;
  normalized: false;
  special: boolean;
}

/** The parts of tokenizer.json that a byte-level BPE needs. */
export interface TokenizerFile {
  version: '1.0';
  truncation: null;
  padding: null;
  added_tokens: AddedToken[];
  normalizer: null;
  pre_tokenizer: object;
  post_processor: null;
  decoder: object;
  model: { type: 'BPE'; vocab: Record<string, number>; merges: [string, string][] } & Record<string, unknown>;
}

/**
 * Trains on `corpus`: Sennrich et al. 2016 over bytes, most frequent pair first (ties by code unit order), until no word of the
 * corpus is in two pieces. Ids: special tokens and tags, the 256 bytes, then one for each merge.
 */
export function trainTokenizer(corpus: readonly string[]): TokenizerFile {
  const { merges, pieces } = learnMerges(wordCounts(corpus));
  const added = [...specialTokens, ...tagTokens];
  const vocab = Object.fromEntries([...added, ...pieces].map((token, id) => [token, id]));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: id < specialTokens.length,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: wordPattern }, behavior: 'Isolated', invert: false },
        byteLevel,
      ],
    },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

/** tokenizer_config.json, which transformers reads beside tokenizer.json. */
export const tokenizerConfig = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  eos_token: specialTokens[0],
  pad_token: specialTokens[1],
  clean_up_tokenization_spaces: false,
  model_max_length: 256,
};

function wordCounts(corpus: readonly string[]): Map<string, number> {
  const pattern = new RegExp(wordPattern, 'gu');
  const tags = new RegExp(tagTokens.join('|'), 'u');
  const counts = new Map<string, number>();
  for (const text of corpus) {
    for (const part of text.split(tags)) {
      for (const [word] of part.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

function learnMerges(counts: Map<string, number>): { merges: [string, string][]; pieces: string[] } {
  const bytes = byteLetters();
  const words = [...counts].map(([word, count]) => ({
    pieces: [...Buffer.from(word)].map((byte) => bytes[byte]),
    count,
  }));
  const pieces = [...bytes].sort();
  const merges: [string, string][] = [];
  for (;;) {
    const pairs = new Map<string, number>();
    for (const word of words) {
      for (let i = 1; i < word.pieces.length; i += 1) {
        // Pieces never hold a plain space: byte 32 has another letter.
        const pair = `${word.pieces[i - 1]} ${word.pieces[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + word.count);
      }
    }
    if (pairs.size === 0) return { merges, pieces };
    const [best] = [...pairs].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
    const [left, right] = best.split(' ');
    merges.push([left, right]);
    if (!pieces.includes(left + right)) pieces.push(left + right);
    for (const word of words) word.pieces = joined(word.pieces, left, right);
  }
}

function joined(pieces: string[], left: string, right: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i += 1) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      result.push(left + right);
      i += 1;
    } else {
      result.push(pieces[i]);
    }
  }
  return result;
}

/** The letter that stands for each byte, as GPT-2's byte-level encoding has it: printable bytes stand for themselves. */
function byteLetters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}
