/** The weights of a Hugging Face folder: one model.safetensors, or the shards that model.safetensors.index.json lists. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { faultText } from '../../domain/schema-fault.ts';
import { readSmall } from '../../formats/small-file.ts';
import type { Shape } from '../graph/tensor.ts';
import type { PolicyConfig } from './config.ts';
import { embeddingName, headName, parameterShapes } from './parameters.ts';
import { isQuantised } from './quantised.ts';
import type { Weight } from './quantised.ts';
import { checkFinite, tensorsOf } from './safetensors.ts';
import type { HostTensor } from './safetensors.ts';

export const weightsFile = 'model.safetensors';
const indexFile = `${weightsFile}.index.json`;
const fileName = v.pipe(
  v.string(),
  v.check((name) => name === basename(name) && name.endsWith('.safetensors'), 'not the name of a .safetensors file'),
);
const indexSchema = v.object({ weight_map: v.record(v.string(), fileName) });

/** The files that hold a folder's weights, in order of their names. Throws an error that names what is missing, and the cure. */
export async function weightFiles(folder: string): Promise<string[]> {
  const there = await readdir(folder);
  if (there.includes(weightsFile)) return [join(folder, weightsFile)];
  if (there.includes(indexFile)) {
    const index = v.safeParse(
      v.pipe(v.string(), v.parseJson(), indexSchema),
      (await readSmall(join(folder, indexFile))).toString(),
    );
    if (!index.success)
      throw new Error(`${join(folder, indexFile)} is not an index of weights: ${faultText(index.issues[0])}`);
    const files = [...new Set(Object.values(index.output.weight_map))].sort();
    const lost = files.find((file) => !there.includes(file));
    if (lost !== undefined)
      throw new Error(`${join(folder, lost)} is not there, but ${indexFile} names it: fetch it again`);
    return files.map((file) => join(folder, file));
  }
  const pickled = there.find((file) => /\.(bin|pth?)$/.test(file));
  throw new Error(
    `${folder} has no ${weightsFile} and no ${indexFile}${pickled === undefined ? '' : `; ${pickled} cannot be read here`}: ` +
      'save the policy with save_pretrained, whose weights are safetensors',
  );
}

/** What becomes of a weight as soon as it is read, as float32. */
type Holding = (name: string, tensor: HostTensor) => Weight;

/**
 * The weights that a config asks for, as `hold` has them, and the config as they make it. Where it says that the head is the embedding's, the file
 * has the last word, as in transformers 5: another head of its own is used, and a head without an embedding is the embedding too. Throws an
 * error that names the file, the weight and its fault; other weights are left.
 */
export async function readWeights(
  folder: string,
  config: PolicyConfig,
  hold: Holding,
): Promise<{ config: PolicyConfig; parameters: Map<string, Weight> }> {
  const files = await weightFiles(folder);
  const untied = { ...config, tie_word_embeddings: false };
  const found = await readNamed(files, parameterShapes(untied), hold);
  const [words, head] = [found.get(embeddingName), found.get(headName)];
  const own = config.tie_word_embeddings && words && head && !sameWeights(words, head) ? untied : config;
  if (own.tie_word_embeddings && head && !words) found.set(embeddingName, head);
  // In the order of the shapes, whatever the files' is.
  const parameters = [...parameterShapes(own).keys()].map((name): [string, Weight] => {
    const tensor = found.get(name);
    if (!tensor) throw new Error(`${files.join(', ')} lacks ${name}, which config.json asks for`);
    return [name, tensor];
  });
  return { config: own, parameters: new Map(parameters) };
}

type Values = Float32Array | Int8Array;
const sameValues = (a: Values, b: Values): boolean => a.every((value, i) => value === b[i]);
const sameWeights = (a: Weight, b: Weight): boolean =>
  sameValues(a.data, b.data) && (!isQuantised(a) || !isQuantised(b) || sameValues(a.scale, b.scale));

/** Those of the weights named in `shapes` that the files hold. */
async function readNamed(
  files: readonly string[],
  shapes: ReadonlyMap<string, Shape>,
  hold: Holding,
): Promise<Map<string, Weight>> {
  const found = new Map<string, Weight>();
  for (const file of files) {
    for await (const [name, tensor] of tensorsOf(file, shapes)) {
      checkFinite(file, new Map([[name, tensor]]));
      found.set(name, hold(name, tensor));
    }
  }
  return found;
}
