/** An evaluation as a job of a cluster: what it is sent, what it tells in the job, and what becomes of that here. */
import { basename } from 'node:path';
import { parseEvaluationSettings, type EvaluationSettings } from '../domain/evaluation.ts';
import type { RayConfig } from '../domain/run.ts';
import type { EvaluationRow, RemoteJob, Store } from '../store/store.ts';
import type { Work } from './follow.ts';
import type { Source } from './outbox.ts';
import { jobFolder, jobPackage, type JobPackage } from './package.ts';
import { openEvaluationParcel, type EvaluationNews, type JobEnd } from './parcel.ts';

export interface EvaluationJobOptions {
  store: Store;
  evaluation: EvaluationRow;
  /** Where a prompt's medium is, as a package takes it (`Luggage`). */
  find: (path: string) => Promise<string | null>;
}

export class EvaluationJob implements Work {
  readonly noun = 'evaluation';
  readonly goesOn = 'with what is missing';
  readonly id: string;
  readonly ray: RayConfig;
  readonly words: readonly string[];
  readonly #options: EvaluationJobOptions;

  constructor(options: EvaluationJobOptions) {
    const { store, evaluation } = options;
    this.#options = options;
    this.id = evaluation.id;
    this.ray = this.#settings.ray!;
    this.words = ['--db', `${jobFolder}/${basename(store.file)}`, '--evaluation', evaluation.id];
  }

  get remote(): RemoteJob | null {
    return this.#options.store.evaluations.get(this.id)!.remote;
  }

  remember(remote: RemoteJob): void {
    this.#options.store.evaluations.update(this.id, { remote });
  }

  pack(job: string): Promise<JobPackage> {
    const { store, evaluation, find } = this.#options;
    const { dataset, split, adapter } = evaluation;
    return jobPackage({
      ...{ noun: this.noun, job, files: this.ray.files, find, adapter, checkpoint: null },
      policy: this.#settings.policyFolder,
      media: store.promptMedia({ dataset, split }),
      extract: { name: basename(store.file), write: (path, change) => store.extractEvaluation(this.id, path, change) },
    });
  }

  take(number: number, text: string): Promise<JobEnd | null> {
    const { evaluations } = this.#options.store;
    const { rollouts, change, end } = openEvaluationParcel(text, this.id);
    const { policyHash, ...rest } = change;
    evaluations.receive(this.id, number, {
      rollouts,
      change: { ...rest, settings: { ...this.#settings, policyHash } },
    });
    return Promise.resolve(end);
  }

  get #settings(): EvaluationSettings {
    return parseEvaluationSettings(this.#options.store.evaluations.get(this.#options.evaluation.id)!.settings);
  }
}

/** In the job: what is new in the evaluation's store. */
export class EvaluationSource implements Source {
  readonly #store: Store;
  readonly #id: string;
  #last: number;
  #told = '';

  /** What came along in the extract is known to the follower. */
  constructor(store: Store, id: string) {
    this.#store = store;
    this.#id = id;
    this.#last = store.evaluations.madeAfter(id, 0).last;
  }

  news(last: boolean): Promise<EvaluationNews | null> {
    const { evaluations, curves } = this.#store;
    const { total, error, settings } = evaluations.get(this.#id)!;
    const change = { total, error, policyHash: settings!.policyHash };
    const made = evaluations.madeAfter(this.#id, this.#last);
    const told = JSON.stringify(change);
    if (made.ids.length === 0 && told === this.#told && !last) return Promise.resolve(null);
    [this.#last, this.#told] = [made.last, told];
    return Promise.resolve({ rollouts: made.ids.map((id) => curves.measured(id)!), change });
  }
}
