/** Prompts that cannot be asked or scored, why, and what helps. */
import { isObject } from '../../domain/media-uri.ts';

/** Why prompts are left out, as a sentence begins, and what to do. */
export const leavings = {
  unanswered: {
    what: 'No answer to score by',
    cure: 'import the dataset file that holds their answers',
  },
  unseen: {
    what: 'No video or sound, which this policy reads',
    cure: 'import the dataset file that names their media',
  },
  lost: {
    what: 'Media that is not there',
    cure: 'import their dataset again with the folder of the media (--media)',
  },
  absent: {
    what: 'Media that the object store has not',
    cure: 'put them there by these names, or name the URI under which they lie so (--media-uri)',
  },
  unreadable: {
    what: 'Media that cannot be read',
    cure: 'see the reason, and mend the file',
  },
  long: {
    what: 'No room for a whole completion',
    cure: 'lower the number of new tokens (--max-new-tokens)',
  },
} as const;
export type Leaving = keyof typeof leavings;

/** How many examples a reason names that stands beside figures. */
const named = 3;

export class Left {
  readonly #examples = new Map<Leaving, string[]>();

  /** `example` is what a person can look at: a file, a question. */
  add(why: Leaving, example: string): void {
    this.#examples.set(why, [...(this.#examples.get(why) ?? []), example]);
  }

  /** A medium that is not there. */
  lost(path: string): void {
    this.add(isObject(path) ? 'absent' : 'lost', path);
  }

  get count(): number {
    return [...this.#examples.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What is left out, with a sentence for each reason; null where nothing is. */
  text(of: number): string | null {
    return this.count === 0 ? null : [`${this.count} of ${of} prompts are left out.`, this.reasons(named)].join(' ');
  }

  /** A sentence for each reason, with so many examples. */
  reasons(most: number): string {
    const reasons = [...this.#examples].map(([why, examples]) => {
      const { what, cure } = leavings[why];
      const different = [...new Set(examples)];
      const more = different.length > most ? ', …' : '';
      return `${what}: ${examples.length} (${different.slice(0, most).join(', ')}${more}); ${cure}.`;
    });
    return reasons.join(' ');
  }
}
