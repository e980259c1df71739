/** What only the whole dump of a run tells: its reward functions' weights, which batches stand in it twice, and which are evaluations. */
import { createHash } from 'node:crypto';
import { RunWeights, scoredRows, type LoggedBatch, type LoggedRow, type ScoredRow } from './scored-batch.ts';

interface SeenBatch {
  /** At which it was logged first. */
  step: number;
  digest: string;
  /** So many rows that it begins with are the last of the batch before. */
  stale: number;
  /** What was asked, in order. */
  asked: string;
  prompts: ReadonlySet<string>;
  /** As the run's log says; null where there is none. */
  isEvaluation: boolean | null;
}

/** A completion of a run. */
export interface RunRow extends ScoredRow {
  /** The earlier step that its batch is of; null of its own. */
  reusedFrom: number | null;
  /** Whether it was made to evaluate. */
  isEvaluation: boolean;
  /** Whether evaluations alone ask its prompt. */
  isHeldOut: boolean;
}

export class LoggedRun {
  readonly #trainer: string;
  readonly #weights = new RunWeights();
  readonly #batches: SeenBatch[] = [];
  readonly #byStep = new Map<string, SeenBatch>();
  readonly #again: number[] = [];
  readonly #taken = new Set<SeenBatch>();
  #last: readonly string[] = [];
  #evaluations: ReadonlySet<SeenBatch> = new Set();
  /** Prompts of evaluations and of nothing else. */
  #evaluated: ReadonlySet<string> = new Set();
  #notes: readonly string[] = [];

  /** `trainer`'s name is for people. */
  constructor(trainer: string) {
    this.#trainer = trainer;
  }

  /**
   * Adds a batch, in the order of steps; whether it is an evaluation is null where no log says. A trainer that reuses a batch logs it again
   * at each step that does, and before an evaluation that does not fill a batch stands the end of the batch before.
   */
  add(logged: LoggedBatch, step: number, isEvaluation: boolean | null): void {
    const rows = logged.rows.map((row) => rowKey(logged, row));
    const digest = hash(rows);
    // A file that was appended to itself.
    if (this.#byStep.has(`${step} ${digest}`)) {
      this.#last = rows;
      return;
    }
    let batch = this.#batches.at(-1);
    if (batch?.digest === digest) {
      this.#again.push(step);
    } else {
      const mayBe = isEvaluation ?? batch?.step === step;
      const stale = mayBe ? overlap(this.#last, rows) : 0;
      const own = { ...logged, rows: logged.rows.slice(stale) };
      const prompts = own.rows.map(promptOf);
      batch = { step, digest, stale, asked: hash(prompts), prompts: new Set(prompts), isEvaluation };
      this.#batches.push(batch);
      if (this.#weights.wantsMore) this.#weights.add(own);
    }
    this.#last = rows;
    this.#byStep.set(`${step} ${digest}`, batch);
  }

  /** Ends the reading. */
  close(): void {
    const [found, by] = this.#found();
    this.#evaluations = new Set(found);
    const training = this.#batches.filter((batch) => !this.#evaluations.has(batch));
    const trained = new Set(training.flatMap(({ prompts }) => [...prompts]));
    this.#evaluated = new Set(found.flatMap(({ prompts }) => [...prompts]).filter((prompt) => !trained.has(prompt)));
    const held = new Set([...training.map(({ step }) => step), ...this.#again]);
    const gaps = held.size > 0 && held.size < Math.max(...held);
    const where = found.some(({ step }) => held.has(step))
      ? `beside training, at ${listed(found)}`
      : `where ${listed(found)} of training would`;
    const unclear = found.length === 0 ? this.#seconds() : [];
    this.#notes = [
      ...(found.length > 0 ? [`evaluations stand ${where}, as ${by}`] : []),
      ...(unclear.length > 0 && this.#batches.every(({ isEvaluation }) => isEvaluation === null)
        ? [
            `two batches stand at ${listed(unclear)}: whether one is an evaluation is not told, so they count as training; logging.jsonl beside the file would tell`,
          ]
        : []),
      ...(this.#again.length > 0
        ? [
            `at ${listed(this.#again.map((step) => ({ step })))} the batch of the step before is logged again: it counts once`,
          ]
        : []),
      ...(gaps
        ? [
            `of training the dump holds ${listed(training)}: between two log lines ${this.#trainer} keeps the last batch only`,
          ]
        : []),
    ];
  }

  /** A batch's completions; none where the import has them already. `note` is told what a person is to know of the run. */
  take(logged: LoggedBatch, step: number, note: (text: string) => void): RunRow[] {
    for (const text of this.#notes) note(text);
    const batch = this.#byStep.get(`${step} ${hash(logged.rows.map((row) => rowKey(logged, row)))}`);
    if (batch && this.#taken.has(batch)) return [];
    if (batch) this.#taken.add(batch);
    const isEvaluation = batch !== undefined && this.#evaluations.has(batch);
    const own = isEvaluation ? { ...logged, rows: logged.rows.slice(batch.stale) } : logged;
    return scoredRows(own, this.#weights, note).map((scored) => ({
      ...scored,
      reusedFrom: batch && batch.step !== step ? batch.step : null,
      isEvaluation,
      isHeldOut: isEvaluation && this.#evaluated.has(promptOf(scored.row)),
    }));
  }

  /** The evaluations, and how they are told. */
  #found(): [SeenBatch[], string] {
    if (this.#batches.some(({ isEvaluation }) => isEvaluation !== null))
      return [this.#batches.filter(({ isEvaluation }) => isEvaluation), 'the run’s log says'];
    const beside = this.#besideTraining();
    if (beside.length > 0) return [beside, 'they come after training’s line of a step, and ask nothing that it does'];
    return [this.#recurring(), 'their prompts tell, which come again evenly and mix with no others'];
  }

  /** Those that come second at their step: a step trains on one batch. */
  #seconds(): SeenBatch[] {
    return this.#batches.filter(({ step }, i) => this.#batches[i - 1]?.step === step);
  }

  /** Without a log: what comes second at a step, and what asks the same; none where anything else asks some of it too. */
  #besideTraining(): SeenBatch[] {
    const asked = new Set(this.#seconds().flatMap(({ prompts }) => [...prompts]));
    const isOf = ({ prompts }: SeenBatch): boolean => [...prompts].every((prompt) => asked.has(prompt));
    const others = this.#batches.filter((batch) => !isOf(batch));
    const mixes = others.some(({ prompts }) => [...prompts].some((prompt) => asked.has(prompt)));
    return asked.size > 0 && others.length > 0 && !mixes ? this.#batches.filter(isOf) : [];
  }

  /** Without a log: an evaluation asks the same at every nth step, more often than training asks anything, and nothing of what it asks. */
  #recurring(): SeenBatch[] {
    const lists = [...Map.groupBy(this.#batches, ({ asked }) => asked).values()].sort((a, b) => b.length - a.length);
    const [most, next] = lists;
    if (lists.length < 2 || most.length <= next.length) return [];
    const apart = most[1].step - most[0].step;
    const isEven = apart > 1 && most.every(({ step }, i) => step === most[0].step + i * apart && step % apart === 0);
    const mixes = lists.slice(1).some(([{ prompts }]) => [...prompts].some((prompt) => most[0].prompts.has(prompt)));
    return isEven && !mixes ? most : [];
  }
}

/** "steps 2, 4, 5"; of many the first and the last. */
function listed(batches: readonly { step: number }[]): string {
  const steps = [...new Set(batches.map(({ step }) => step))];
  const shown = steps.length > 12 ? [...steps.slice(0, 6), `… ${steps.at(-1)} (${steps.length} in all)`] : steps;
  return `${steps.length === 1 ? 'step' : 'steps'} ${shown.join(', ')}`;
}

const rowKey = ({ advantage }: LoggedBatch, row: LoggedRow): string =>
  hash([row.prompt, row.completion, row[advantage]]);

/** How many rows of `next` are the last ones of `rows`. */
function overlap(rows: readonly string[], next: readonly string[]): number {
  for (let count = Math.min(rows.length, next.length); count > 0; count -= 1)
    if (rows.slice(-count).every((row, i) => row === next[i])) return count;
  return 0;
}

const promptOf = ({ prompt, problem_id }: LoggedRow): string => hash([prompt, problem_id]);

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64');
