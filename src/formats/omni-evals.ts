/** What the evaluation scripts of two sound-and-vision models leave: HumanOmniV2 and EchoInk. */
import * as v from 'valibot';
import { kind } from './benchmarks.ts';
import { chat, questionOf } from './chat.ts';
import { problemOf } from './dataset.ts';
import type { Format } from './draft.ts';
import { prediction, replyIn } from './prediction.ts';
import { askedIn } from './problem.ts';
import { numeral, textual, valid } from './valid.ts';

const humanOmniRow = v.looseObject({
  prompt: v.nullish(chat),
  raw: v.record(v.string(), v.unknown()),
  output: v.string(),
  reward: v.pipe(numeral, v.minValue(0), v.maxValue(1)),
});

/** By the names that its script has for them. */
const humanOmniSets: Readonly<Record<string, string>> = { ib: 'IntentBench', daily: 'Daily-Omni', world: 'WorldSense' };

/**
 * `eval_results/{ib|daily|world}_{name}.json`: `results`, then `final_acc`. A result has `prompt` (messages), `raw` (its dataset's row),
 * `solution`, `output`, `prediction` and `reward`, whose mean is the accuracy (HumanOmniV2 eval/eval_humanomniv2.py). Where a reply has no
 * `<answer>`, the script scores another one in its place.
 */
export const humanOmni: Format = {
  name: 'humanomni-eval',
  title: 'HumanOmniV2 evaluation (JSON)',
  container: 'json',
  detects: (record) => ['raw', 'output', 'prediction', 'solution'].every((key) => key in record),
  parse(record, context) {
    const { prompt, raw, output, reward } = valid(humanOmniRow, record);
    const [, short, policy] = /^(ib|daily|world)_(.+)$/u.exec(context.dataset) ?? [
      null,
      context.dataset,
      context.dataset,
    ];
    const dataset = humanOmniSets[short] ?? short;
    const isRead = /<answer>\s*[^\s<].*?<\/answer>/su.test(output);
    if (!isRead)
      context.note(
        'replies without <answer> are scored by HumanOmniV2 as if they were another reply: whether they are right is left open',
      );
    return prediction(context, {
      evaluation: dataset,
      prompt: { ...problemOf({ ...raw, path: raw.video ?? raw.path }, context), dataset },
      policy,
      completion: output,
      system: prompt ? questionOf(prompt).system : null,
      ...(isRead && { rewards: { accuracy: reward }, reward }),
    });
  },
};

const echoInkRow = v.looseObject({
  id: textual,
  gt: textual,
  pred: textual,
  reply: v.string(),
  task_type: kind,
  audio_type: kind,
  variant: v.nullish(v.string(), null),
});

/**
 * JSONL of `id`, `gt`, `pred`, `task_type`, `audio_type`, `reply` (the chat decoded with its prompt), `variant` ("base" or "rl"); right is what
 * agrees (EchoInk src/omniInstruct-v1_eval_valid.py). The question stands in the chat alone.
 */
export const echoInk: Format = {
  name: 'echoink-eval',
  title: 'EchoInk evaluation (JSONL)',
  container: 'json',
  detects: (record) => ['id', 'gt', 'pred', 'reply'].every((key) => key in record),
  parse(record, context) {
    const { id, gt, pred, reply, task_type, audio_type, variant } = valid(echoInkRow, record);
    const said = replyIn(reply);
    const asked = reply.slice(0, reply.length - said.completion.length);
    const { question, options } = askedIn(asked === '' ? '' : questionOf(asked).text);
    return prediction(context, {
      evaluation: context.dataset,
      prompt: {
        // Where the question is known it says more than a number, which other datasets have too.
        ...(question === '' ? { sourceId: id, question: `EchoInk ${id}` } : { sourceId: `echoink/${id}`, question }),
        dataset: 'echoink',
        options,
        answer: gt,
        problemType: 'multiple-choice',
        category: audio_type || task_type,
        stage: 'audio-visual',
      },
      policy: variant === null ? context.dataset : `${context.dataset}-${variant}`,
      ...said,
      correct: pred === gt,
    });
  },
};
