/** The rollouts that a store has of a file already, to be found again by what they say. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { ImportedRollout, Store } from '../store/store.ts';

interface Stored extends Omit<ImportedRollout, 'completion' | 'source'> {
  isMatched: boolean;
}

/** A rollout of the file, and its prompt. */
export interface Read {
  rollout: Rollout;
  prompt: Prompt;
}

export class StoredRollouts {
  readonly #store: Store;
  readonly #byId = new Map<string, Stored>();
  readonly #byPrompt = new Map<string, Stored[]>();
  /** By the prompt and what the completion says. */
  readonly #byText = new Map<string, Stored[]>();
  /** The prompts of those, by id. */
  readonly #prompts = new Map<string, Prompt>();
  /** The ids of those that ask what a prompt of the file does. */
  readonly #alike = new Map<string, string[]>();
  /** Policies that tell rollouts of this file from those of others of its name; null where its path does. */
  readonly #policies: Set<string> | null;

  /** Reads what came from `file`, or, where nothing did, from files of its name that were moved or copied. */
  constructor(store: Store, file: string) {
    this.#store = store;
    const named = allOf(store, basename(file));
    const ofFile = named.filter(({ source }) => source === `import:${file}`);
    this.#policies = ofFile.length > 0 ? null : new Set();
    const sources = new Set(ofFile.length > 0 ? [] : named.map(({ source }) => source));
    // A folder of each step may have a file of the same name.
    const moved = new Set([...sources].filter((source) => isMoved(source.replace(/^import:/u, ''), file)));
    for (const { stored, key } of ofFile.length > 0 ? ofFile : named.filter(({ source }) => moved.has(source))) {
      this.#byId.set(stored.id, stored);
      push(this.#byPrompt, stored.promptId, stored);
      push(this.#byText, key, stored);
    }
    for (const id of this.#byPrompt.keys()) this.#prompts.set(id, store.prompts.get(id)!);
  }

  /**
   * The id of the stored rollout that each of some rollouts of the file is, undefined where it is none: by its id, else by its question and
   * its text, else by a text that begins or ends as its own does. One is matched once.
   */
  match(read: readonly Read[]): (string | undefined)[] {
    const known = read.map(({ rollout }) => this.#store.rollouts.get(rollout.id)?.id);
    const matches = known.map((id) => (id === undefined ? undefined : this.#byId.get(id)));
    for (const match of matches) if (match) match.isMatched = true;
    for (const { rollout } of read) this.#policies?.add(rollout.policy);
    const rules: ((one: Read) => Stored | undefined)[] = [
      (one) => this.#ofSameText(one).find(({ policyVersion }) => policyVersion === one.rollout.policyVersion),
      (one) => this.#ofSameText(one)[0],
      (one) => this.#ofChangedText(one),
    ];
    for (const rule of rules) {
      for (const [i, one] of read.entries()) {
        if (known[i] !== undefined || matches[i]) continue;
        matches[i] = rule(one);
        if (matches[i]) matches[i].isMatched = true;
      }
    }
    return matches.map((match) => match?.id);
  }

  /** Those that nothing in the file was: to be asked at its end. */
  get unmatched(): { id: string; isTouched: boolean }[] {
    return [...this.#byId.values()].filter((one) => !one.isMatched && (this.#policies?.has(one.policy) ?? true));
  }

  #ofSameText({ rollout, prompt }: Read): Stored[] {
    return this.#alikeTo(prompt)
      .flatMap((id) => this.#byText.get(textKey(id, rollout.completion)) ?? [])
      .filter((stored) => this.#isFree(stored, rollout));
  }

  /** Of several, the one with most of the text in common. */
  #ofChangedText({ rollout, prompt }: Read): Stored | undefined {
    let best: Stored | undefined;
    let most = 0;
    for (const stored of this.#alikeTo(prompt).flatMap((id) => this.#byPrompt.get(id)!)) {
      if (!this.#isFree(stored, rollout) || stored.policyVersion !== rollout.policyVersion) continue;
      const common = sharedLength(this.#store.rollouts.get(stored.id)!.completion, rollout.completion);
      if (common <= most) continue;
      best = stored;
      most = common;
    }
    return best;
  }

  #isFree({ isMatched, policy }: Stored, rollout: Rollout): boolean {
    return !isMatched && (this.#policies === null || policy === rollout.policy);
  }

  #alikeTo(prompt: Prompt): string[] {
    const known = this.#alike.get(prompt.id);
    if (known) return known;
    const id = this.#store.prompts.get(prompt.id)?.id;
    const all = [...this.#prompts.values()].filter((one) => one.id === id || isOfSameMedia(one, prompt));
    const alike = [isSame, isWithin].map((rule) =>
      all.filter((one) => one.id === id || rule(one.question, prompt.question)),
    );
    const ids = (alike[0].length > 0 ? alike[0] : alike[1]).map((one) => one.id);
    this.#alike.set(prompt.id, ids);
    return ids;
  }
}

/** Whether a file was moved from one place to another, or copied: then both hold the same bytes. */
function isMoved(from: string, to: string): boolean {
  if (!existsSync(from)) return true;
  if (statSync(from).size !== statSync(to).size) return false;
  const files = [from, to].map((path) => openSync(path, 'r'));
  const [one, other] = files.map(() => Buffer.alloc(1024 * 1024));
  try {
    for (;;) {
      const length = readSync(files[0], one);
      if (length !== readSync(files[1], other) || one.compare(other, 0, length, 0, length) !== 0) return false;
      if (length === 0) return true;
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** All rollouts from files of this name. */
function allOf(store: Store, name: string): { stored: Stored; key: string; source: string }[] {
  const all: ReturnType<typeof allOf> = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = store.rollouts.imported(name, { after, limit: 1000 });
    for (const { id, promptId, policy, policyVersion, completion, source, isTouched } of page.rows) {
      const stored = { id, promptId, policy, policyVersion, isTouched, isMatched: false };
      all.push({ stored, key: textKey(promptId, completion), source });
    }
    after = page.next;
  }
  return all;
}

const textKey = (promptId: string, completion: string): string =>
  `${promptId} ${createHash('sha256').update(completion).digest('base64')}`;

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** How much of one text is the beginning or the end of the other: an end mark was taken off, or reasoning put back before its answer. */
function sharedLength(one: string, other: string): number {
  const [part, whole] = one.length < other.length ? [one, other] : [other, one];
  return whole.startsWith(part) || whole.endsWith(part) ? part.trim().length : 0;
}

const isSame = (one: string, other: string): boolean => one.trim() === other.trim();

/** An older version may have left a template around the question. */
function isWithin(one: string, other: string): boolean {
  const [a, b] = [one.trim(), other.trim()];
  return a !== '' && b !== '' && (a.includes(b) || b.includes(a));
}

/** By their names: where they lie may have changed. */
function isOfSameMedia(one: Prompt, other: Prompt): boolean {
  return (['video', 'audio'] as const).every((kind) => {
    const [a, b] = [one[kind], other[kind]];
    return a === null || b === null || basename(a) === basename(b);
  });
}
