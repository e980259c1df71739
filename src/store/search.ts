/** Full-text search over completions and questions. */
import type { Connection } from './connection.ts';
import type { SearchHit } from './rows.ts';

/**
 * What a person typed as an FTS5 expression: every word must be there, the last one may be unfinished; FTS5's own
 * operators are plain text. Null when there is no word in it.
 */
export function matchExpression(text: string): string | null {
  const words = text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return null;
  return `${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')}*`;
}

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

/**
 * Newest rollouts whose completion or question has the words, completions first. Not ranked: ranking a common word reads
 * every row that has it (seconds at a million rollouts).
 */
export function search(db: Connection, text: string, limit = 50): SearchHit[] {
  const match = matchExpression(text);
  if (match === null) return [];
  const excerpt = (table: string): string => `snippet(${table}, 0, char(0xE000), char(0xE001), '…', 24)`;
  const inCompletions = db
    .all<SearchHit & { whole: string | null }>(
      `SELECT r.id AS rolloutId, p.id AS promptId, hit.excerpt, iif(hit.excerpt IS NULL, r.completion, NULL) AS whole FROM
       (SELECT rowid AS n,
          iif((SELECT length(completion) FROM rollouts WHERE n = rollout_text.rowid) <= :long, ${excerpt('rollout_text')}, NULL) AS excerpt
        FROM rollout_text
        WHERE rollout_text MATCH :match ORDER BY rowid DESC LIMIT :limit) hit
     JOIN rollouts r ON r.n = hit.n JOIN prompts p ON p.n = r.prompt_n`,
      { match, limit, long: longText },
    )
    .map(({ whole, ...hit }) => (whole === null ? hit : { ...hit, excerpt: excerptOf(whole, text) }));
  const inQuestions = db.all<SearchHit>(
    `SELECT r.id AS rolloutId, p.id AS promptId, hit.excerpt FROM
       (SELECT rowid AS n, ${excerpt('prompt_text')} AS excerpt FROM prompt_text
        WHERE prompt_text MATCH :match ORDER BY rowid DESC LIMIT :limit) hit
     JOIN prompts p ON p.n = hit.n
     JOIN rollouts r ON r.n = (SELECT n FROM rollouts WHERE prompt_n = p.n ORDER BY group_n, n LIMIT 1)`,
    { match, limit },
  );
  const seen = new Set(inCompletions.map((hit) => hit.rolloutId));
  return [...inCompletions, ...inQuestions.filter((hit) => !seen.has(hit.rolloutId))].slice(0, limit);
}
