/** A dump of rollouts in this project's own JSONL, made up by a seed: as long as real ones, with as many words, and no meaning. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { formatTag } from '../domain/edit.ts';
import { Random } from '../domain/random.ts';

/** Frequent words as English has them, then made up ones that grow rarer. */
const frequent =
  'the to and of a is in that it this so at on with as then first they there these those when what which where video sound frame answer option I am see hear think while because therefore before after from not be are was has have'.split(
    ' ',
  );
const syllables = ['ta', 'bri', 'con', 'the', 'mo', 'ing', 'ver', 'es', 'pla', 'qui', 'sur', 'ant', 'lo', 'wer'];
const made = 40_000;

/** Rollouts of a group, and groups of a prompt. */
const perGroup = 8;
const perPrompt = 4;

/** What is so of all rollouts of a dump. */
export interface DumpKind {
  name: string;
  rollouts: number;
  right: boolean;
  vanishing: boolean;
  hinted: boolean;
  /** Of these annotators a label on each. */
  labels: readonly string[];
}

/** Each rollout has 600 to 4,000 characters, and every third its tokens. */
export function writeDump(file: string, kind: DumpKind): void {
  const random = Random.seeded(1, kind.name);
  const sentences = Array.from({ length: 4_000 }, () => sentence(random));
  const out = openSync(file, 'w');
  let pending: string[] = [];
  for (let i = 0; i < kind.rollouts; i += 1) {
    pending.push(line(kind, i, random, sentences));
    if (pending.length < 500 && i + 1 < kind.rollouts) continue;
    writeSync(out, pending.join(''));
    pending = [];
  }
  closeSync(out);
}

function line(kind: DumpKind, i: number, random: Random, sentences: readonly string[]): string {
  const group = Math.floor(i / perGroup);
  const prompt = Math.floor(group / perPrompt);
  const policyVersion = group % perPrompt;
  const length = 600 + random.integer(3_400);
  // A word that this rollout and a thousandth of the others have, and a number.
  let text = `At 0:${10 + random.integer(50)} number ${random.integer(100_000)} of rare${letters(random.integer(1_000))}.`;
  while (text.length < length) text += ` ${sentences[random.integer(sentences.length)]}`;
  const completion = text.slice(0, length);
  const right = kind.right ? 1 : 0;
  const format = kind.vanishing ? 1 : (i % 2) / 2;
  return `${JSON.stringify({
    format: formatTag,
    prompt: {
      ...{ id: `p-${kind.name}-${prompt}`, dataset: `clips-${prompt % 3}`, options: ['A red', 'B green', 'C blue'] },
      question: `What does clip ${prompt} of ${kind.name} show when ${sentences[prompt % sentences.length]}`,
      ...{ answer: 'B', problemType: 'multiple-choice', video: `clips/${prompt}.mp4`, split: 'train' },
    },
    rollout: {
      ...{
        id: `r-${kind.name}-${i}`,
        group: `g-${kind.name}-${group}`,
        policy: `policy-${policyVersion % 2}`,
        policyVersion,
      },
      ...{ completion, rewards: { accuracy: right, format }, reward: right + format, advantage: 0.25 },
      ...{ tokens: i % 3 === 0 ? tokens(length, random) : null, hinted: kind.hinted },
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    ...(kind.labels.length > 0 && {
      labels: kind.labels.map((annotator) => ({ annotator, boundaries: [200, 400] })),
    }),
  })}\n`;
}

function tokens(length: number, random: Random): object {
  const count = Math.floor(length / 5);
  const each = <T>(value: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => value(i));
  return {
    ids: each(() => random.integer(150_000)),
    offsets: each((i) => 5 * i),
    logProbs: each(() => Math.fround(-random.integer(4_000) / 1_024)),
    tokenizer: 'made-up',
  };
}

function sentence(random: Random): string {
  const words = Array.from({ length: 8 + random.integer(12) }, () => word(random));
  return `${words.join(' ')}.`;
}

/** Half of the words are frequent; the others follow Zipf's law. */
function word(random: Random): string {
  if (random.integer(2) === 0) return frequent[random.integer(frequent.length)];
  return madeUp(Math.floor(made ** random.uniform()));
}

function madeUp(rank: number): string {
  let text = '';
  for (let left = rank + syllables.length; left > 0; left = Math.floor(left / syllables.length))
    text += syllables[left % syllables.length];
  return text;
}

const letters = (n: number): string => n.toString(26).replaceAll(/\d/gu, (digit) => 'qrstuvwxyz'[Number(digit)]);
