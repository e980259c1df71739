/** Makes the sample project in media/sample from nothing but a seed: `npm run sample`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promptText } from '../../src/domain/prompt-text.ts';
import { writeClip } from './clip.ts';
import { datasetRows, drawLength, drawQuestions, hintFor } from './dataset.ts';
import { Dice } from './dice.ts';
import { sampleClips, seed } from './project.ts';
import { makeScene } from './scene.ts';
import { tokenizerConfig, trainTokenizer } from './tokenizer.ts';
import { writeTrace } from './trace.ts';

const folder = resolve(import.meta.dirname, '../../media/sample');
const policyFolder = join(folder, 'policy');

await rm(folder, { recursive: true, force: true });
await mkdir(join(folder, 'clips'), { recursive: true });
await mkdir(policyFolder, { recursive: true });

const clips = sampleClips();
for (const { scene, path, kind } of clips) await writeClip(scene, join(folder, path), kind);
const rows = datasetRows(clips);
await writeFile(join(folder, 'dataset.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
console.log(`${clips.length} clips, ${rows.length} prompts`);

await writeFile(join(policyFolder, 'tokenizer.json'), `${JSON.stringify(trainTokenizer(corpus(2000)), null, 1)}\n`);
await writeFile(join(policyFolder, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, null, 2)}\n`);

/** Prompts, hints and traces about `count` scenes. */
function corpus(count: number): string[] {
  const chance = new Dice(seed, 'corpus');
  return Array.from({ length: count }, () => makeScene(chance, drawLength(chance))).flatMap((scene) =>
    drawQuestions(chance, scene, 7).flatMap((question) => [
      promptText({ question: question.text, options: question.options }, hintFor(question.family)),
      writeTrace(scene, question, chance.chance(0.5), chance),
    ]),
  );
}
