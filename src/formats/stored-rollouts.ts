/** The rollouts that a store has of a file already, to be found again by what they say. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import { answerOf } from '../domain/rules/ours.ts';
import { commonEnds } from '../domain/text-change.ts';
import type { ImportedRollout, Store } from '../store/store.ts';

/** By what a stored rollout is found again: its id, its text, a text that begins or ends as its own does, or its place in the file. */
export const findings = ['id', 'text', 'part', 'place'] as const;
export type Finding = (typeof findings)[number];

interface Stored extends Omit<ImportedRollout, 'completion' | 'source'> {
  isMatched: boolean;
}

interface Match {
  /** Of the stored rollout. */
  id: string;
  by: Finding;
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
  /** In the order in which they came in; none where they are of several files, whose places are not this one's. */
  readonly #inOrder: readonly Stored[];
  /** Of the file, so far. */
  #read = 0;
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
    const all = ofFile.length > 0 ? ofFile : named.filter(({ source }) => moved.has(source));
    const isOfOne = new Set(all.map(({ source }) => source)).size === 1;
    this.#inOrder = isOfOne ? all.map(({ stored }) => stored) : [];
    for (const { stored, key } of all) {
      this.#byId.set(stored.id, stored);
      push(this.#byPrompt, stored.promptId, stored);
      push(this.#byText, key, stored);
    }
    for (const id of this.#byPrompt.keys()) this.#prompts.set(id, store.prompts.get(id)!);
  }

  /**
   * The stored rollout that each of some rollouts of the file is, undefined where it is none: by its id, else by its question and its text,
   * else by a text that begins or ends as its own does, else, where the file is `whole`, by its place, with most of question and text as they
   * were. One is matched once.
   */
  match(read: readonly Read[], whole: boolean): (Match | undefined)[] {
    const known = read.map(({ rollout }) => this.#store.rollouts.get(rollout.id)?.id);
    const matches: (Match | undefined)[] = [];
    for (const [i, id] of known.entries()) {
      const stored = id === undefined ? undefined : this.#byId.get(id);
      if (!stored) continue;
      stored.isMatched = true;
      matches[i] = { id: stored.id, by: 'id' };
    }
    for (const { rollout } of read) this.#policies?.add(rollout.policy);
    const rules: [Finding, (one: Read, i: number) => Stored | undefined][] = [
      ['text', (one) => this.#ofSameText(one).find(({ policyVersion }) => policyVersion === one.rollout.policyVersion)],
      ['text', (one) => this.#ofSameText(one)[0]],
      ['part', (one) => this.#ofChangedText(one)],
      ['place', (one, i) => (whole ? this.#ofSamePlace(one, this.#read + i) : undefined)],
    ];
    for (const [by, rule] of rules) {
      for (const [i, one] of read.entries()) {
        if (known[i] !== undefined || matches[i]) continue;
        const stored = rule(one, i);
        if (!stored) continue;
        stored.isMatched = true;
        matches[i] = { id: stored.id, by };
      }
    }
    this.#read += read.length;
    return read.map((_, i) => matches[i]);
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

  /** A question that was mended, or words in the midst of a text: another question or another completion has less in common. */
  #ofSamePlace({ rollout, prompt }: Read, place: number): Stored | undefined {
    const stored = this.#inOrder[place];
    if (!stored || !this.#isFree(stored, rollout) || stored.policyVersion !== rollout.policyVersion) return undefined;
    const asked = this.#prompts.get(stored.promptId)!;
    const isAsked =
      this.#alikeTo(prompt).includes(asked.id) ||
      (isOfSameMedia(asked, prompt) && isMostlySame(asked.question, prompt.question));
    const { completion } = this.#store.rollouts.get(stored.id)!;
    const isSaid =
      isMostlySame(completion, rollout.completion) && conclusionOf(completion) === conclusionOf(rollout.completion);
    return isAsked && isSaid ? stored : undefined;
  }

  #isFree({ isMatched, policy }: Stored, rollout: Rollout): boolean {
    return !isMatched && (this.#policies === null || policy === rollout.policy);
  }

  #alikeTo(prompt: Prompt): string[] {
    const known = this.#alike.get(prompt.id);
    if (known) return known;
    const id = this.#store.prompts.get(prompt.id)?.id;
    const all = [...this.#prompts.values()].filter((one) => one.id === id || isOfSameMedia(one, prompt));
    const rules: ((one: Prompt) => boolean)[] = [
      ({ question }) => isSame(question, prompt.question),
      (one) => isOfSameSource(one, prompt),
      ({ question }) => isWithin(question, prompt.question),
    ];
    const alike = rules.map((rule) => all.filter((one) => one.id === id || rule(one)));
    const ids = (alike.find((found) => found.length > 0) ?? []).map((one) => one.id);
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

/** Most of both is what they begin and end with. */
function isMostlySame(one: string, other: string): boolean {
  const { start, end } = commonEnds(one, other);
  return 2 * (start + end) > Math.max(one.length, other.length);
}

/** A text's answer, else its last word: with another one it is another completion, however much both have in common. */
const conclusionOf = (text: string): string | undefined => answerOf(text) ?? text.match(/[\p{L}\p{N}]+/gu)?.at(-1);

/** What its dataset calls a prompt, whatever it asks. */
const isOfSameSource = (one: Prompt, other: Prompt): boolean =>
  Boolean(one.sourceId) && one.sourceId === other.sourceId && one.dataset === other.dataset;

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
