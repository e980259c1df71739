/** For verl: its prompts as a dataset of verl's, and beside them GRPO as an advantage estimator that weighs tokens by their place. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promptMessages, type Asking } from '../domain/prompt-text.ts';
import type { Prompt, PromptMedium } from '../domain/rollout.ts';
import { needsPhases } from '../domain/tas.ts';
import { allMedia } from './media.ts';
import type { Shaper } from './training-row.ts';
import { writeFolder } from './whole-file.ts';
import { writeLines } from './write.ts';
import type { Written } from './written.ts';

const estimator = 'tas_advantage.py';

/**
 * Fills the new folder `out` with the prompts of `rows`, each once. verl generates anew and gives an estimator neither texts nor ids: of a scheme
 * that reads phases the estimator has the fallback. Stored rollouts go to verl by verl-stored.ts.
 */
export async function writeVerlTraining(
  out: string,
  rows: Iterable<Written>,
  { scheme, fallback, lambda, normalise }: Shaper,
  trainers: string,
): Promise<void> {
  await writeFolder(out, async (folder) => {
    await writeLines(
      join(folder, 'prompts.jsonl'),
      promptsOf(rows),
      (prompt) => `${JSON.stringify(verlPrompt(prompt, { system: prompt.system ?? null, hint: null }))}\n`,
    );
    const text = await readFile(join(trainers, estimator), 'utf8');
    const constants = {
      SCHEME: JSON.stringify(needsPhases(scheme) ? fallback : scheme),
      LAMBDA: String(lambda),
      NORMALISE: normalise ? 'True' : 'False',
    };
    const set = Object.entries(constants).reduce(
      (code, [name, value]) => code.replace(new RegExp(`^${name} = .*$`, 'mu'), () => `${name} = ${value}`),
      text,
    );
    await writeFile(join(folder, estimator), set);
  });
}

function* promptsOf(rows: Iterable<Written>): Generator<Prompt> {
  const seen = new Set<string>();
  for (const { prompt } of rows) {
    if (!seen.has(prompt.id)) yield prompt;
    seen.add(prompt.id);
  }
}

/** A row as verl's RLHFDataset reads it; the reward function that a run names gets dataset and answer. */
export function verlPrompt(prompt: Prompt, asking: Asking): Record<string, unknown> {
  const { dataset, answer, split, sourceId, id, problemType } = prompt;
  const all = allMedia(prompt);
  const messages = promptMessages(prompt, asking);
  const asked = messages.at(-1)!;
  asked.content = all.map(({ kind }) => `<${kind}>`).join('') + asked.content;
  const of = (kind: PromptMedium['kind']): string[] => all.filter((one) => one.kind === kind).map(({ path }) => path);
  return {
    data_source: dataset,
    prompt: messages,
    ...{ images: of('image'), videos: of('video'), audios: of('audio') },
    reward_model: { style: 'rule', ground_truth: answer },
    extra_info: { index: sourceId ?? id, split, problem_type: problemType },
  };
}
