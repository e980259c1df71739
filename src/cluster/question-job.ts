/** A question to a policy as a job of a cluster: it is sent with the policy, and its answer is all that the job tells. */
import { randomUUID } from 'node:crypto';
import type { RayConfig } from '../domain/run.ts';
import type { RemoteJob } from '../store/store.ts';
import type { Work } from './follow.ts';
import { jobFolder, jobPackage, type JobPackage } from './package.ts';
import { openAnswer, type JobEnd } from './parcel.ts';

/** What the policy service is asked in the job, after it has opened the policy. */
export interface Question {
  /** The fields of `open`. The policy and the adapter on it are folders here; there they are as the question's file names them, seen from that. */
  open: { policy: string; adapter: string | null };
  op: string;
  fields: object;
  ray: RayConfig;
}

const questionFile = 'question.json';

export class QuestionJob implements Work {
  readonly noun = 'question';
  readonly goesOn = 'anew';
  readonly id = randomUUID();
  readonly ray: RayConfig;
  readonly words = ['--question', `${jobFolder}/${questionFile}`];
  /** As the service gave it; nobody has checked it yet. */
  answer: unknown;
  remote: RemoteJob | null = null;
  readonly #question: Question;

  constructor(question: Question) {
    this.#question = question;
    this.ray = question.ray;
  }

  remember(remote: RemoteJob): void {
    this.remote = remote;
  }

  pack(job: string): Promise<JobPackage> {
    const { open, ...question } = this.#question;
    const { policy, adapter } = open;
    return jobPackage({
      ...{ noun: this.noun, job, policy, adapter, media: [], find: () => Promise.resolve(null) },
      ...{ files: this.ray.files, checkpoint: null },
      texts: (there) => ({
        [questionFile]: JSON.stringify({
          open: { ...open, policy: there.policy, adapter: there.adapter },
          ...question,
        }),
      }),
    });
  }

  take(_: number, text: string): Promise<JobEnd | null> {
    const { answer, end } = openAnswer(text);
    this.answer ??= answer;
    return Promise.resolve(end);
  }
}
