/** A policy: a decoder of one of the families with its tokenizer, in an ordinary Hugging Face folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Random } from '../../domain/random.ts';
import type { BaseBits } from '../../domain/run.ts';
import { Adapter } from './adapter.ts';
import { parsePolicyConfig } from './config.ts';
import type { PolicyConfig, PolicyConfigInput } from './config.ts';
import { familyOf } from './family.ts';
import { parameterShapes } from './parameters.ts';
import { PolicyText, readText, textFiles, textOfTokenizer, type TextParts } from './policy-text.ts';
import { heldIn, trainable, valuesOf } from './quantised.ts';
import type { Weights } from './quantised.ts';
import { writeSafetensors } from './safetensors.ts';
import type { HostTensors } from './safetensors.ts';
import { readWeights, weightsFile } from './weights.ts';
import type { Shape } from '../graph/tensor.ts';

export class Policy extends PolicyText<PolicyConfig> {
  /** Weights by their Hugging Face names; the prefix's begin with `prefix.`. Not to be changed in place. */
  readonly parameters: Weights;
  /** What is trained on top of the weights, if anything. */
  readonly adapter: Adapter | null;

  private constructor(config: PolicyConfig, parameters: Weights, adapter: Adapter | null, text: TextParts) {
    super(config, text);
    this.parameters = parameters;
    this.adapter = adapter;
  }

  /**
   * Reads a folder, and the folder of an adapter on it. `now` is what a chat template takes for the present. What is to take 8 bits is
   * quantised as soon as it is read. Throws an error that names the file and its fault.
   */
  static async load(
    folder: string,
    adapter: string | null = null,
    now = new Date(),
    bits: BaseBits = 32,
  ): Promise<Policy> {
    const { config: given, text } = await readText(folder, now);
    const asked = parsePolicyConfig(given, join(folder, textFiles.config));
    const { config, parameters } = await readWeights(folder, asked, heldIn(bits));
    return new Policy(config, parameters, adapter === null ? null : await Adapter.load(adapter, config), text);
  }

  /**
   * A policy with fresh weights: matrices normal with `initializer_range`, halved where they write to the residual stream, the prefix's
   * by their fan-in, norms 1, biases 0. `tokenizer` is the content of tokenizer.json. The same seed gives the same weights. Uniform ones of
   * the same deviation take a tenth of the time. What is to take 8 bits is quantised as soon as it is made.
   */
  static create(
    config: PolicyConfigInput,
    tokenizer: object,
    seed: number,
    distribution: 'normal' | 'uniform' = 'normal',
    bits: BaseBits = 32,
  ): Policy {
    const parsed = parsePolicyConfig(config, 'the new policy');
    const hold = heldIn(bits);
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
        else if (name.endsWith('bias')) return [name, { shape, data }];
        else if (distribution === 'uniform') random.fill(data, scale * Math.sqrt(3));
        else data.forEach((_, i) => (data[i] = scale * normal()));
        return [name, hold(name, { shape, data })];
      }),
    );
    return new Policy(parsed, parameters, null, textOfTokenizer(tokenizer));
  }

  /** The weights that training changes: those of the adapter where there is one, else all. Throws where those are of 8 bits. */
  get trained(): HostTensors {
    return this.adapter?.parameters ?? trainable(this.parameters);
  }

  /** The same policy with other weights or another adapter; what is not named is shared. */
  with({
    parameters = this.parameters,
    adapter = this.adapter,
  }: Partial<Pick<Policy, 'parameters' | 'adapter'>>): Policy {
    return new Policy(this.config, parameters, adapter, this.text);
  }

  /** Writes the folder, made when missing, with the adapter merged into the weights, in float32. The same policy gives the same bytes. */
  async save(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const weights = new Map([...this.parameters].map(([name, weight]) => [name, valuesOf(weight)]));
    await writeSafetensors(join(folder, weightsFile), this.adapter?.mergedInto(weights) ?? weights);
    for (const [name, content] of this.text.files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const { architecture } = familyOf(this.config);
    // transformers 4 reads torch_dtype, 5 reads dtype; both write the keys in order.
    const types = { architectures: [architecture], torch_dtype: 'float32', dtype: 'float32' };
    const written = Object.fromEntries(
      Object.entries({ ...this.config, ...types }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    await writeFile(join(folder, textFiles.config), `${JSON.stringify(written, null, 2)}\n`);
  }
}
