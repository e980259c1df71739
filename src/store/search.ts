/** Full-text search over completions and questions. */
import type { Connection } from './connection.ts';
import type { SearchHit } from './rows.ts';
import { folded, WordSample } from './word-sample.ts';

/**
 * What a person typed as an FTS5 expression: every word must be there, the last one may be unfinished; FTS5's own
 * operators are plain text. Null when there is no word in it.
 */
export function matchExpression(text: string): string | null {
  const words = typedWords(text);
  return words.length === 0 ? null : `${words.map(quoted).join(' ')}*`;
}

const typedWords = (text: string): string[] => text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));

const quoted = (word: string): string => `"${word.replaceAll('"', '""')}"`;

/** FTS5's snippet takes time that grows with the square of a text's hits (seconds for 50,000 words): longer texts are cut here. */
const longText = 20_000;

/** The first place of a long text that has one of the words, cut and marked as FTS5's snippet does; its beginning when none is spelt so. */
export function excerptOf(text: string, searched: string): string {
  const words = (searched.match(/[\p{L}\p{N}]+/gu) ?? []).join('|');
  const hit = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})`, 'giu');
  const first = text.search(hit);
  const from = first < 60 ? 0 : text.indexOf(' ', first - 60) + 1;
  const start = from > first ? Math.max(first, 0) : from;
  const cut = text.slice(start, start + 180).replace(/\s\S*$/u, '');
  return `${start > 0 ? '…' : ''}${cut.replaceAll(hit, '\uE000$&\uE001')}…`;
}

/** Rollouts that are read at most for a common beginning beside rarer words. */
const mostRead = 500;

/** The last word of what was typed, where it is split again by FTS5: what stands before its last part, and that part as the index has it. */
function unfinished(text: string): { whole: string[]; head: string; beginning: string } | null {
  const words = typedWords(text);
  const last = words.at(-1);
  const [, head, part] = (last && /^(.*?)([\p{L}\p{M}\p{N}\p{Co}]+)[^\p{L}\p{N}\p{Co}]*$/u.exec(last)) || [];
  const beginning = part && folded(part);
  // Accents alone begin no word.
  return beginning ? { whole: words.slice(0, -1), head, beginning } : null;
}

/**
 * Rollouts whose completion or question has the words, completions and the newest first. Not ranked: ranking a common word reads
 * every row that has it (seconds at a million rollouts). For the same reason a beginning that many words of a large store have stands for the
 * most frequent of them.
 */
export class Search {
  readonly #db: Connection;
  readonly #sample: WordSample;

  constructor(db: Connection) {
    this.#db = db;
    this.#sample = new WordSample(db);
  }

  find(text: string, limit = 50): SearchHit[] {
    const match = matchExpression(text);
    if (match === null) return [];
    const completions = this.#common(text, limit) ?? this.#inCompletions(match, text, limit);
    if (completions.length >= limit) return completions;
    const seen = new Set(completions.map((hit) => hit.rolloutId));
    const questions = this.#inQuestions(match, limit).filter((hit) => !seen.has(hit.rolloutId));
    return [...completions, ...questions].slice(0, limit);
  }

  /** Hits where the last word is a common beginning; null where it is none. */
  #common(text: string, limit: number): SearchHit[] | null {
    const typed = unfinished(text);
    const common = typed ? this.#sample.common(typed.beginning) : [];
    if (!typed || common.length === 0) return null;
    const { whole, head, beginning } = typed;
    const any = common.map((word) => quoted(head + word)).join(' OR ');
    const found = this.#byWords([...whole.map(quoted), `(${any})`].join(' AND '), text, limit);
    if (found.length >= limit || whole.length === 0) return found;
    // The other words are rare, so that what they are in can be read.
    const seen = new Set(found.map((hit) => hit.rolloutId));
    const read = this.#byWords(whole.map(quoted).join(' AND '), text, mostRead, (completion) =>
      hasWord(completion, folded(head) + beginning),
    );
    return [...found, ...read.filter((hit) => !seen.has(hit.rolloutId))].slice(0, limit);
  }

  /** Without FTS5's snippet, which takes long where hits are many. */
  #byWords(match: string, text: string, limit: number, keeps?: (completion: string) => boolean): SearchHit[] {
    return this.#db
      .all<Omit<SearchHit, 'excerpt'> & { completion: string }>(
        `SELECT r.id AS rolloutId, p.id AS promptId, p.question, r.completion FROM
           (SELECT rowid AS n FROM rollout_text WHERE rollout_text MATCH :match ORDER BY rowid DESC LIMIT :limit) hit
         CROSS JOIN rollouts r ON r.n = hit.n JOIN prompts p ON p.n = r.prompt_n`,
        { match, limit },
      )
      .filter(({ completion }) => keeps?.(completion) ?? true)
      .map(({ completion, ...hit }) => ({ ...hit, excerpt: excerptOf(completion, text) }));
  }

  #inCompletions(match: string, text: string, limit: number): SearchHit[] {
    return this.#db
      .all<SearchHit & { whole: string | null }>(
        `SELECT r.id AS rolloutId, p.id AS promptId, p.question, hit.excerpt, iif(hit.excerpt IS NULL, r.completion, NULL) AS whole FROM
           (SELECT rowid AS n,
              iif((SELECT length(completion) FROM rollouts WHERE n = rollout_text.rowid) <= :long, ${excerpt('rollout_text')}, NULL) AS excerpt
            FROM rollout_text
            WHERE rollout_text MATCH :match ORDER BY rowid DESC LIMIT :limit) hit
         JOIN rollouts r ON r.n = hit.n JOIN prompts p ON p.n = r.prompt_n`,
        { match, limit, long: longText },
      )
      .map(({ whole, ...hit }) => (whole === null ? hit : { ...hit, excerpt: excerptOf(whole, text) }));
  }

  #inQuestions(match: string, limit: number): SearchHit[] {
    return this.#db.all<SearchHit>(
      `SELECT r.id AS rolloutId, p.id AS promptId, p.question, hit.excerpt FROM
         (SELECT rowid AS n, ${excerpt('prompt_text')} AS excerpt FROM prompt_text
          WHERE prompt_text MATCH :match ORDER BY rowid DESC LIMIT :limit) hit
       JOIN prompts p ON p.n = hit.n
       JOIN rollouts r ON r.n = (SELECT n FROM rollouts WHERE prompt_n = p.n ORDER BY group_n, n LIMIT 1)`,
      { match, limit },
    );
  }
}

/** Whether a word of a text begins so. */
const hasWord = (text: string, beginning: string): boolean =>
  folded(text)
    .split(beginning)
    .slice(0, -1)
    .some((before) => !/[\p{L}\p{N}\p{Co}]$/u.test(before));

const excerpt = (table: string): string => `snippet(${table}, 0, char(0xE000), char(0xE001), '…', 24)`;
