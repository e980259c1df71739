/**
 * Makes the sample project in media/sample from nothing but a seed: `npm run sample`. `npm run sample -- data` stops before the
 * training, which takes minutes.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promptText } from '../../src/domain/prompt-text.ts';
import { openBackend } from '../../src/training/backends/choose.ts';
import { writeClip } from './clip.ts';
import { coldStart, newPolicy } from './cold-start.ts';
import { datasetRows, drawLength, drawQuestions, hintFor } from './dataset.ts';
import { Dice } from './dice.ts';
import { answer, readTasks, share } from './exam.ts';
import { sampleClips, seed } from './project.ts';
import { sampleRollouts, writeSampleRollouts } from './rollouts.ts';
import { makeScene } from './scene.ts';
import { tokenizerConfig, trainTokenizer } from './tokenizer.ts';
import { writeTrace } from './trace.ts';

/** Validation prompts that get rollouts too, beside every training prompt. */
const validationRollouts = 16;

const folder = resolve(import.meta.dirname, '../../media/sample');
const policyFolder = join(folder, 'policy');
const stopAfterData = process.argv[2] === 'data';

await rm(join(folder, 'clips'), { recursive: true, force: true });
await mkdir(join(folder, 'clips'), { recursive: true });
await mkdir(policyFolder, { recursive: true });

const clips = sampleClips();
for (const { scene, path, kind } of clips) await writeClip(scene, join(folder, path), kind);
const rows = datasetRows(clips);
await writeFile(join(folder, 'dataset.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
console.log(`${clips.length} clips, ${rows.length} prompts`);

const tokenizer = trainTokenizer(corpus(2000));
await writeFile(join(policyFolder, 'tokenizer.json'), JSON.stringify(tokenizer, null, 1));
await writeFile(join(policyFolder, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, null, 2)}\n`);
if (stopAfterData) process.exit();

const backend = await openBackend('onnxruntime', 2);
const policy = await coldStart(newPolicy(tokenizer, seed), backend, seed, console.log);
await policy.save(policyFolder);

const validation = await readTasks(
  rows.filter(({ split }) => split === 'validation'),
  folder,
);
const answers = await answer(policy, backend, validation);
console.log(
  `validation: accuracy ${share(answers, 'accuracy').toFixed(3)}, format ${share(answers, 'format').toFixed(3)}`,
);

const training = await readTasks(
  rows.filter(({ split }) => split === 'train'),
  folder,
);
const rollouts = await sampleRollouts(policy, backend, [...training, ...validation.slice(0, validationRollouts)], seed);
await writeSampleRollouts(folder, rollouts);
console.log(`${rollouts.length} rollouts`);

/** Prompts, hints and traces about `count` scenes. */
function corpus(count: number): string[] {
  const chance = new Dice(seed, 'corpus');
  return Array.from({ length: count }, () => makeScene(chance, drawLength(chance))).flatMap((scene) =>
    drawQuestions(chance, scene, 7).flatMap((question) => [
      promptText(
        { question: question.text, options: question.options },
        { system: null, hint: hintFor(question.family) },
      ),
      writeTrace(scene, question, chance.chance(0.5), chance),
    ]),
  );
}
