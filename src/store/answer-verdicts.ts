/**
 * What judges said of replies, by the judge and the hash of what was judged: equal replies to equal questions have one verdict, and one whose
 * text or true answer has changed has none. Whose verdicts count in an evaluation is in its row.
 */
import { createHash } from 'node:crypto';
import type { AnswerJudge, AnswerVerdict, JudgedReply } from '../domain/answer-verdict.ts';
import type { Connection } from './connection.ts';

export class AnswerVerdicts {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Null where this judge has not judged it. */
  get({ endpoint, model }: AnswerJudge, reply: JudgedReply): AnswerVerdict | null {
    const row = this.#db.get<{ extracted: string | null; correct: number }>(
      'SELECT extracted, correct FROM answer_verdicts WHERE key = ? AND endpoint = ? AND model = ?',
      [keyOf(reply), endpoint, model],
    );
    return row ? { extracted: row.extracted, correct: row.correct === 1 } : null;
  }

  /** The first verdict stands, unless it could not be read. */
  add({ endpoint, model }: AnswerJudge, reply: JudgedReply, { extracted, correct }: AnswerVerdict): void {
    this.#db.run(
      `INSERT INTO answer_verdicts (key, endpoint, model, extracted, correct, created_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET extracted = excluded.extracted, correct = excluded.correct, created_at = excluded.created_at
         WHERE extracted IS NULL`,
      [keyOf(reply), endpoint, model, extracted, Number(correct), new Date().toISOString()],
    );
  }
}

function keyOf({ prompt: { question, options, answer, problemType }, completion }: JudgedReply): string {
  const judged = JSON.stringify([question, options, answer, problemType, completion]);
  return createHash('sha256').update(judged).digest('hex');
}
