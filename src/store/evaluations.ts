/** Evaluations: their rows, and their rollouts by pages. */
import type { AnswerJudge, AnswerVerdict, JudgedReply } from '../domain/answer-verdict.ts';
import type { EvaluatedRollout, EvaluationSettings } from '../domain/evaluation.ts';
import type { RunRequest } from '../domain/run.ts';
import { AnswerVerdicts } from './answer-verdicts.ts';
import type { Connection } from './connection.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import { evaluationNumber } from './row-numbers.ts';
import { isDue } from './remote-job.ts';
import { addRollouts } from './rollout-writes.ts';
import type {
  EvaluationChange,
  EvaluationParcel,
  EvaluationRow,
  GivenVerdict,
  NewEvaluation,
  Page,
  PageQuery,
} from './rows.ts';
import { Holders, unsaidEnd } from './run-holder.ts';
import type { RunLocks } from './run-locks.ts';

interface Row {
  id: string;
  name: string;
  policy: string;
  policy_version: number;
  adapter: string | null;
  dataset: string | null;
  split: EvaluationRow['split'];
  settings: string | null;
  source: string;
  status: EvaluationRow['status'];
  request: RunRequest;
  pid: number | null;
  claims: number;
  total: number | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  error: string | null;
  judge: string | null;
  remote: string | null;
  said: string | null;
  changes: number;
  done: number;
}

interface EvaluatedRow {
  n: number;
  prompt_n: number;
  id: string;
  completion: string;
  rewards: string;
  reward: number | null;
  finish: string | null;
  token_count: number | null;
  prompt_id: string;
  dataset: string;
  question: string;
  options: string;
  answer: string | null;
  problem_type: EvaluatedRollout['prompt']['problemType'];
  stage: EvaluatedRollout['prompt']['stage'];
  category: string | null;
}

const rowSql = 'SELECT e.*, (SELECT count(*) FROM rollouts r WHERE r.evaluation_n = e.n) AS done FROM evaluations e';

export class Evaluations {
  readonly #db: Connection;
  readonly #holders: Holders;
  readonly #verdicts: AnswerVerdicts;

  constructor(db: Connection, locks: RunLocks) {
    this.#db = db;
    this.#holders = new Holders(db, 'evaluations', locks);
    this.#verdicts = new AnswerVerdicts(db);
  }

  /** Newest first. 'lost' is as of a run: its process is gone. */
  all(): EvaluationRow[] {
    return this.#db.all<Row>(`${rowSql} ORDER BY e.n DESC`).map((row) => this.#evaluationOf(row));
  }

  get(id: string): EvaluationRow | null {
    const row = this.#db.get<Row>(`${rowSql} WHERE e.id = ?`, [id]);
    return row ? this.#evaluationOf(row) : null;
  }

  /** Adds an evaluation unless it is there; one that is there, and now has prompts of another dataset or split, is of several. Returns whether it is new. */
  add(evaluation: NewEvaluation): boolean {
    const { id, name, policy, policyVersion, adapter, dataset, split, settings, source, status, total } = evaluation;
    return this.#db.transaction(() => {
      const isNew = this.#db.get('SELECT 1 FROM evaluations WHERE id = ?', [id]) === undefined;
      this.#db.run(
        `INSERT INTO evaluations (id, name, policy, policy_version, adapter, dataset, split, settings, source, status, request, total, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'run', ?, ?)
         ON CONFLICT (id) DO UPDATE SET dataset = iif(dataset = excluded.dataset, dataset, NULL),
           split = iif(split = excluded.split, split, NULL)`,
        [
          ...[id, name, policy, policyVersion, adapter, dataset, split, settings && JSON.stringify(settings)],
          ...[source, status, total, evaluation.createdAt],
        ],
      );
      return isNew;
    });
  }

  /** Takes back imported ones that no rollout is of: all that was read of them is another's already. */
  forgetEmpty(evaluations: readonly Pick<NewEvaluation, 'id'>[]): void {
    for (const { id } of evaluations)
      this.#db.run(
        `DELETE FROM evaluations AS e WHERE id = ? AND source GLOB 'import:*'
           AND NOT EXISTS (SELECT 1 FROM rollouts r WHERE r.evaluation_n = e.n)`,
        [id],
      );
  }

  /** Asks the process that makes it for something; one that was stopped goes on by asking 'run' and starting a process on it. */
  request(id: string, request: RunRequest): void {
    this.#holders.request(id, request);
  }

  /** As of a run: this process takes it. Throws when a process has it. */
  claim(id: string): EvaluationRow {
    this.#holders.claim(id);
    return this.get(id)!;
  }

  release(id: string): void {
    this.#holders.release(id);
  }

  holder(id: string): number | null {
    return this.#holders.of(id);
  }

  /** As of a run. */
  asked(id: string): RunRequest {
    return this.#holders.asked(id);
  }

  update(id: string, { status, settings, total, endedAt, error, remote, said }: EvaluationChange): void {
    const json = (value: object | null | undefined): string | null | undefined => value && JSON.stringify(value);
    const values = {
      ...{ status, settings: json(settings), total, ended_at: endedAt, error },
      ...{ remote: json(remote), said },
    };
    const given = Object.entries(values).filter((entry): entry is [string, string | number | null] => {
      return entry[1] !== undefined;
    });
    if (given.length === 0) return;
    this.#holders.change(given.map(([name]) => `${name} = :${name}`).join(', '), { ...Object.fromEntries(given), id });
  }

  /** As of a run: keeps the parcel `number` of the job that makes it, once, in one transaction. Throws where the one before it is not here. */
  receive(id: string, number: number, { rollouts, change }: EvaluationParcel): void {
    this.#db.transaction(() => {
      const remote = this.get(id)?.remote ?? null;
      if (!isDue(remote, number, `evaluation ${id}`)) return;
      addRollouts(this.#db, rollouts);
      this.update(id, { ...change, remote: { ...remote, taken: number } });
    });
  }

  /** Its rollouts that were written after the one whose number is `after`, and the number of the last. */
  madeAfter(id: string, after: number): { ids: string[]; last: number } {
    const rows = this.#db.all<{ n: number; id: string }>(
      'SELECT n, id FROM rollouts WHERE evaluation_n = ? AND n > ? ORDER BY n',
      [evaluationNumber(this.#db, id), after],
    );
    return { ids: rows.map((row) => row.id), last: rows.at(-1)?.n ?? after };
  }

  /** Its replies are judged by this one. */
  setJudge(id: string, { endpoint, model }: AnswerJudge): void {
    this.#holders.change('judge = :judge', { id, judge: JSON.stringify({ endpoint, model }) });
  }

  /** A verdict on one of its replies, whose judge is the evaluation's from now on; it is that of every equal reply to the question. */
  addVerdict(id: string, judge: AnswerJudge, reply: JudgedReply, verdict: AnswerVerdict): void {
    this.#db.transaction(() => {
      this.#verdicts.add(judge, reply, verdict);
      this.setJudge(id, judge);
      this.#change(id);
    });
  }

  /** As `addVerdict`, of those that came with their replies: an evaluation that has a judge keeps it. */
  adoptVerdicts(given: readonly GivenVerdict[]): void {
    this.#db.transaction(() => {
      for (const { evaluationId, judge, reply, verdict } of given) {
        this.#verdicts.add(judge, reply, verdict);
        this.#db.run('UPDATE evaluations SET judge = ? WHERE id = ? AND judge IS NULL', [
          JSON.stringify(judge),
          evaluationId,
        ]);
        this.#change(evaluationId);
      }
    });
  }

  /** Null where this judge has not judged it. */
  verdict(judge: AnswerJudge, reply: JudgedReply): AnswerVerdict | null {
    return this.#verdicts.get(judge, reply);
  }

  /** Its completions with what they answer, those of a prompt together, and with the verdicts of `judge`: the evaluation's own unless named. */
  rollouts(id: string, query: PageQuery & { judge?: AnswerJudge } = {}): Page<EvaluatedRollout> {
    const judge = query.judge ?? this.#judgeOf(id);
    const limit = limitOf(query);
    const [promptN, n] = parseCursor(query.after, ['number', 'number']) ?? [0, 0];
    const rows = this.#db.all<EvaluatedRow>(
      `SELECT r.n, r.prompt_n, r.id, r.completion, r.rewards, r.reward, r.finish, length(r.token_ids) / 4 AS token_count,
         p.id AS prompt_id, p.dataset, p.question, p.options, p.answer, p.problem_type, p.stage, p.category
       FROM rollouts r JOIN prompts p ON p.n = r.prompt_n
       WHERE r.evaluation_n = :evaluationN AND (r.prompt_n, r.n) > (:promptN, :n)
       ORDER BY r.prompt_n, r.n LIMIT :limit`,
      { evaluationN: evaluationNumber(this.#db, id), promptN, n, limit: limit + 1 },
    );
    const judged = (row: EvaluatedRow): EvaluatedRollout => {
      const reply = evaluatedOf(row);
      const verdict = judge && this.#verdicts.get(judge, reply);
      return { ...reply, verdict: verdict && { ...verdict, judge } };
    };
    return pageOf(rows, limit, judged, (row) => [row.prompt_n, row.n]);
  }

  #evaluationOf(row: Row): EvaluationRow {
    return evaluationOf(row, this.#holders.isLost(row));
  }

  #change(id: string): void {
    this.#db.run('UPDATE evaluations SET changes = changes + 1 WHERE id = ?', [id]);
  }

  #judgeOf(id: string): AnswerJudge | null {
    return judgeIn(this.#db.get<Pick<Row, 'judge'>>('SELECT judge FROM evaluations WHERE id = ?', [id])?.judge ?? null);
  }

  /** How many of its rollouts each prompt has that has some. */
  answered(id: string): { promptId: string; rollouts: number }[] {
    return this.#db.all(
      `SELECT p.id AS promptId, count(*) AS rollouts FROM rollouts r JOIN prompts p ON p.n = r.prompt_n
       WHERE r.evaluation_n = ? GROUP BY r.prompt_n ORDER BY r.prompt_n`,
      [evaluationNumber(this.#db, id)],
    );
  }

  /** Whether the store has this rollout from a file, of no evaluation or of this one. */
  takes(rolloutId: string, id: string): boolean {
    return (
      this.#db.get(
        `SELECT 1 FROM rollouts r LEFT JOIN evaluations e ON e.n = r.evaluation_n
         WHERE r.id = ? AND r.run_n IS NULL AND (e.n IS NULL OR e.id = ?)`,
        [rolloutId, id],
      ) !== undefined
    );
  }
}

const judgeIn = (json: string | null): AnswerJudge | null => (json === null ? null : (JSON.parse(json) as AnswerJudge));

function evaluationOf(row: Row, isLost: boolean): EvaluationRow {
  return {
    id: row.id,
    name: row.name,
    policy: row.policy,
    policyVersion: row.policy_version,
    adapter: row.adapter,
    dataset: row.dataset,
    split: row.split,
    settings: row.settings === null ? null : (JSON.parse(row.settings) as EvaluationSettings),
    source: row.source,
    status: isLost ? 'lost' : row.status,
    request: row.request,
    claims: row.claims,
    done: row.done,
    total: row.total ?? row.done,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    error: row.error ?? (isLost ? unsaidEnd : null),
    judge: judgeIn(row.judge),
    remote: row.remote === null ? null : (JSON.parse(row.remote) as EvaluationRow['remote']),
    said: row.said,
    changes: row.changes,
  };
}

function evaluatedOf(row: EvaluatedRow): Omit<EvaluatedRollout, 'verdict'> {
  return {
    id: row.id,
    completion: row.completion,
    rewards: JSON.parse(row.rewards) as Record<string, number>,
    reward: row.reward,
    finish: row.finish,
    tokenCount: row.token_count,
    prompt: {
      id: row.prompt_id,
      dataset: row.dataset,
      question: row.question,
      options: JSON.parse(row.options) as string[],
      answer: row.answer,
      problemType: row.problem_type,
      stage: row.stage,
      category: row.category,
    },
  };
}
