/**
 * verl's generations: `{rollout_data_dir}/{global_step}.jsonl` with `input`, `output`, `gts`, `score`, `step`; v1 adds
 * `uid` = "{uid}_{session}_{index}"; validation dumps and older versions add reward extras (verl ray_trainer.py,
 * `_dump_generations`), where one may be the `uid` of the row itself, numpy's numbers and flags of them as text. `score` is the whole reward unless the reward function returns a
 * key of that name: then it is the function's own, before what the reward manager adds (dapo.py). Of what it validates, `reward` is the
 * whole in every row (`_validate`), and no row of its training has one; ours do, with their `problem_id` (verl-write.ts).
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, questionOf, rewardsOf } from './chat.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format, type RecordsOf } from './draft.ts';
import { finishOf } from './finish.ts';
import { unpackedName } from './utf8.ts';
import { numeral, score, step, textual, valid } from './valid.ts';

const flag = v.pipe(
  v.union([v.boolean(), v.picklist(['True', 'False'])]),
  v.transform((value) => Number(value === true || value === 'True')),
);

const entries = {
  input: v.string(),
  output: v.string(),
  gts: v.optional(v.nullable(v.unknown())),
  score,
  step: v.optional(v.nullable(step)),
  uid: v.optional(v.nullable(textual)),
  problem_id: v.optional(v.nullable(textual)),
};
const row = v.objectWithRest(entries, v.union([flag, numeral, v.unknown()]));

/** No rewards: what the answer was read as, and whose the request was. */
const texts = ['pred', 'request_id'];

/** EasyR1's generations.log: "[prompt] …\n[output] …\n[ground_truth] …\n[score] …". */
const textLog =
  'EasyR1’s text log: its marks may stand in the texts too, so where a completion ends is a guess. Beside them its logger ' +
  'has each sample as a tuple: in FileGenerationLogger.log write JSONL, one object a line: ' +
  'json.dumps({"input": inp, "output": out, "gts": lab, "score": score, "step": step})';

export const verl: Format = {
  name: 'verl',
  title: 'verl generations (JSONL)',
  writtenAs: /^\d+$/u,
  container: 'json',
  detects: (record) => 'input' in record && 'output' in record && ('score' in record || 'step' in record),
  refuses: (head) => (head.startsWith('[prompt] ') ? { reason: textLog, isData: true } : null),
  survey: { of: (file) => file, read: survey },
  parse(record, context): Draft {
    const { input, output, gts, score, step, uid, problem_id, ...extras } = valid(row, record);
    const { text, system, ...asked } = questionOf(input);
    const { sharesUids, isValidation } = context.survey as Survey;
    if (isValidation)
      context.note('each row has the reward that verl gives to what it validates: the split is validation');
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        ...{ sourceId: problem_id ?? null, question: text, answer: answerOf(gts), ...asked },
        split: isValidation ? 'validation' : 'train',
      }),
      rollout: rolloutDraft(context, {
        groupName: uid ? (sharesUids ? uid : groupOf(uid)) : '',
        policy: basename(dirname(context.file)),
        policyVersion: step ?? Number(/^(\d+)\.jsonl$/u.exec(basename(unpackedName(context.file)))?.[1] ?? 0),
        completion: output,
        finish: finishOf(record),
        ...rewardOf(score, rewardsOf(extras, texts), context),
        hinted: asked.hint !== null,
        system,
      }),
      ...(isValidation && { evaluation: context.dataset }),
      labels: [],
    };
  },
};

function rewardOf(score: number | null, extras: Record<string, number>, { note }: FileContext) {
  const { reward, ...rewards } = extras;
  if (reward !== undefined)
    return { reward, rewards: score === null || score === reward ? rewards : { score, ...rewards } };
  const { acc, overlong_reward: penalty } = rewards;
  if (score !== null && penalty !== undefined) {
    // Of a function that returns a bare number, `acc` is that number, and `score` has the penalty.
    if (acc !== undefined && penalty !== 0 && Math.abs(acc + penalty - score) < 1e-6) return { reward: score, rewards };
    note('the whole reward is score + overlong_reward');
    return { reward: score + penalty, rewards: { score, ...rewards } };
  }
  if (Object.keys(rewards).length > 0) {
    note(
      'score is taken for the whole reward; where the reward function returns a score of its own, what was added to that is not in the file',
    );
  }
  return { reward: score, rewards };
}

/** v1's key of a completion, and the id of the prompt's row in it; in our exports the last part is a rollout's id. */
const key = /^(.*)_[^_]*_[^_]*$/su;

interface Survey {
  /** Whether the rows of a group share their uid; in v1 each has its own, which begins with a UUID as a rule. */
  sharesUids: boolean;
  isValidation: boolean;
}

async function survey(file: string, recordsOf: RecordsOf): Promise<Survey> {
  const seen = new Set<string>();
  let sharesUids: boolean | null = null;
  let isValidation = true;
  for await (const record of await recordsOf(file)) {
    if (!('value' in record)) continue;
    sharesUids ??= isShared(record.value, seen);
    isValidation &&= v.is(validated, record.value);
    if (sharesUids !== null && !isValidation) break;
  }
  return { sharesUids: sharesUids ?? false, isValidation };
}

const validated = v.looseObject({
  reward: numeral,
  request_id: v.optional(v.never()),
  problem_id: v.optional(v.never()),
});

/** Null while nothing is known. */
function isShared(record: unknown, seen: Set<string>): boolean | null {
  const given = v.safeParse(v.looseObject({ uid: textual }), record);
  if (!given.success || v.is(v.pipe(v.string(), v.uuid()), key.exec(given.output.uid)?.[1])) return false;
  if (seen.has(given.output.uid)) return true;
  seen.add(given.output.uid);
  return null;
}

/** A key without its session and index; other uids are as they are. */
const groupOf = (uid: string): string => key.exec(uid)?.[1] ?? uid;
