/** What only the whole dump of a run tells: its reward functions' weights, which batches stand in it twice, and which are evaluations. */
import { createHash } from 'node:crypto';
import { RunWeights, scoredRows, type LoggedBatch, type LoggedRow, type ScoredRow } from './scored-batch.ts';

interface SeenBatch {
  /** At which it was logged first. */
  step: number;
  digest: string;
  /** What was asked, in order. */
  asked: string;
  prompts: ReadonlySet<string>;
}

/** A completion of a run. */
export interface RunRow extends ScoredRow {
  /** The earlier step that its batch is of; null of its own. */
  reusedFrom: number | null;
  isEvaluation: boolean;
}

export class LoggedRun {
  readonly #trainer: string;
  readonly #weights = new RunWeights();
  readonly #batches: SeenBatch[] = [];
  readonly #byStep = new Map<string, SeenBatch>();
  readonly #again: number[] = [];
  readonly #taken = new Set<SeenBatch>();
  #evaluations: ReadonlySet<SeenBatch> = new Set();
  /** Prompts of evaluations and of nothing else. */
  #evaluated: ReadonlySet<string> = new Set();
  #notes: readonly string[] = [];

  /** `trainer`'s name is for people. */
  constructor(trainer: string) {
    this.#trainer = trainer;
  }

  /** Adds a batch, in the order of steps. A trainer that reuses a batch logs it again at each step that does. */
  add(logged: LoggedBatch, step: number): void {
    const digest = digestOf(logged);
    let batch = this.#batches.at(-1);
    if (batch?.digest === digest) this.#again.push(step);
    else {
      const prompts = logged.rows.map(promptOf);
      batch = { step, digest, asked: hash(prompts), prompts: new Set(prompts) };
      this.#batches.push(batch);
      if (this.#weights.wantsMore) this.#weights.add(logged);
    }
    this.#byStep.set(`${step} ${digest}`, batch);
  }

  /** Ends the reading. `evaluated` are the steps at which the run's log has evaluations; null where there is no log. */
  close(evaluated: ReadonlySet<number> | null): void {
    this.#evaluations = new Set(
      evaluated ? this.#batches.filter(({ step }) => evaluated.has(step)) : this.#recurring(),
    );
    const training = this.#batches.filter((batch) => !this.#evaluations.has(batch));
    const trained = new Set(training.flatMap(({ prompts }) => [...prompts]));
    this.#evaluated = new Set(
      [...this.#evaluations].flatMap(({ prompts }) => [...prompts]).filter((prompt) => !trained.has(prompt)),
    );
    const by = evaluated ? 'the run’s log says' : 'their prompts tell, which come again evenly and mix with no others';
    const held = [...training.map(({ step }) => step), ...this.#again];
    const gaps = held.length > 0 && new Set(held).size < Math.max(...held);
    this.#notes = [
      ...(this.#evaluations.size > 0
        ? [`evaluations stand where ${listed([...this.#evaluations])} of training would, as ${by}`]
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
    const batch = this.#byStep.get(`${step} ${digestOf(logged)}`);
    if (batch && this.#taken.has(batch)) return [];
    if (batch) this.#taken.add(batch);
    const isMixed = batch !== undefined && [...batch.prompts].some((prompt) => this.#evaluated.has(prompt));
    const isEvaluation = (row: LoggedRow): boolean =>
      batch !== undefined && this.#evaluations.has(batch) && (!isMixed || this.#evaluated.has(promptOf(row)));
    return scoredRows(logged, this.#weights, note).map((scored) => ({
      ...scored,
      reusedFrom: batch && batch.step !== step ? batch.step : null,
      isEvaluation: isEvaluation(scored.row),
    }));
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

const digestOf = ({ rows, advantage }: LoggedBatch): string =>
  hash(rows.map((row) => [row.prompt, row.completion, row[advantage]]));

const promptOf = ({ prompt, problem_id }: LoggedRow): string => hash([prompt, problem_id]);

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64');
