/** A policy: a decoder of the Qwen2 family with its tokenizer, in an ordinary Hugging Face folder. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../domain/random.ts';
import { parsePolicyConfig } from './config.ts';
import type { PolicyConfig, PolicyConfigInput } from './config.ts';
import { parameterShapes } from './decoder.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import type { HostTensors } from './safetensors.ts';
import { Tokenizer } from './tokenizer.ts';
import type { Shape } from '../graph/tensor.ts';

const files = { config: 'config.json', weights: 'model.safetensors', tokenizer: 'tokenizer.json' };
const tokenizerConfig = 'tokenizer_config.json';

export class Policy {
  readonly config: PolicyConfig;
  /** Weights by their Hugging Face names; the prefix's begin with `prefix.`. Not to be changed in place. */
  readonly parameters: HostTensors;
  readonly tokenizer: Tokenizer;
  readonly #tokenizerFiles: ReadonlyMap<string, string>;

  private constructor(config: PolicyConfig, parameters: HostTensors, tokenizerFiles: ReadonlyMap<string, string>) {
    this.config = config;
    this.parameters = parameters;
    this.#tokenizerFiles = tokenizerFiles;
    const json = (name: string): object => JSON.parse(tokenizerFiles.get(name) ?? '{}') as object;
    this.tokenizer = new Tokenizer(json(files.tokenizer), json(tokenizerConfig));
  }

  /** Reads a folder. Throws an error that names the file and its fault. */
  static async load(folder: string): Promise<Policy> {
    const configFile = join(folder, files.config);
    const config = parsePolicyConfig(JSON.parse(await readFile(configFile, 'utf8')), configFile);
    const weightsFile = join(folder, files.weights);
    const parameters = await readSafetensors(weightsFile);
    for (const [name, shape] of parameterShapes(config)) {
      const found = parameters.get(name);
      if (!found) throw new Error(`${weightsFile} lacks ${name}`);
      if (found.shape.join() !== shape.join()) {
        throw new Error(`${weightsFile}: ${name} is [${found.shape.join()}], config.json asks for [${shape.join()}]`);
      }
    }
    const tokenizerFiles = new Map([[files.tokenizer, await readFile(join(folder, files.tokenizer), 'utf8')]]);
    const optional = await readFile(join(folder, tokenizerConfig), 'utf8').catch(() => null);
    if (optional !== null) tokenizerFiles.set(tokenizerConfig, optional);
    return new Policy(config, parameters, tokenizerFiles);
  }

  /**
   * A policy with fresh weights: matrices normal with `initializer_range`, halved where they write to the residual stream, the prefix's
   * by their fan-in, norms 1, biases 0. `tokenizer` is the content of tokenizer.json. The same seed gives the same weights.
   */
  static create(config: PolicyConfigInput, tokenizer: object, seed: number): Policy {
    const parsed = parsePolicyConfig(config, 'the new policy');
    const random = Random.seeded(seed, 'weights');
    const normal = (): number =>
      Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const deviation = (name: string, shape: Shape): number => {
      if (/^prefix\..*(linear|up|down)/.test(name)) return (3 * shape[1]) ** -0.5;
      return parsed.initializer_range * (/(o|down)_proj/.test(name) ? 0.5 : 1);
    };
    const parameters = new Map(
      [...parameterShapes(parsed)].map(([name, shape]) => {
        const data = new Float32Array(shape.reduce((product, dimension) => product * dimension, 1));
        const scale = deviation(name, shape);
        if (name.endsWith('norm.weight')) data.fill(1);
        else if (!name.endsWith('bias')) data.forEach((_, i) => (data[i] = scale * normal()));
        return [name, { shape, data }];
      }),
    );
    return new Policy(parsed, parameters, new Map([[files.tokenizer, JSON.stringify(tokenizer, null, 1)]]));
  }

  /** The same policy with other weights. */
  with(parameters: HostTensors): Policy {
    return new Policy(this.config, parameters, this.#tokenizerFiles);
  }

  /** Writes the folder, made when missing. The same policy gives the same bytes. */
  async save(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await writeSafetensors(join(folder, files.weights), this.parameters);
    for (const [name, content] of this.#tokenizerFiles) await writeFile(join(folder, name), content);
    const config = { architectures: ['Qwen2ForCausalLM'], torch_dtype: 'float32', ...this.config };
    await writeFile(join(folder, files.config), `${JSON.stringify(config, null, 2)}\n`);
  }
}
