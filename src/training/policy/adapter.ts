/**
 * LoRA (Hu et al., arXiv 2106.09685): y = xWᵀ + scale · (xAᵀ)Bᵀ on chosen linear modules, A [rank, in] and B [out, rank], in
 * PEFT's adapter folders (adapter_config.json, adapter_model.safetensors; https://huggingface.co/docs/peft).
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { Random } from '../../domain/random.ts';
import { loraModules } from '../../domain/run.ts';
import type { LoraConfig } from '../../domain/run.ts';
import { faultText } from '../../domain/schema-fault.ts';
import { readSmall } from '../../formats/small-file.ts';
import { show, sizeOf } from '../graph/tensor.ts';
import type { Shape } from '../graph/tensor.ts';
import type { PolicyConfig } from './config.ts';
import { unknownKeys } from './known-keys.ts';
import { adapterShapes, downName, upName } from './parameters.ts';
import { checkFinite, readSafetensors, writeSafetensors } from './safetensors.ts';
import type { HostTensor, HostTensors } from './safetensors.ts';

export const adapterFiles = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
/** What PEFT puts before the names of a causal language model's weights. */
const peftPrefix = 'base_model.model.';

export interface AdapterSettings extends LoraConfig {
  /** The scale is alpha / √rank (arXiv 2312.03732) instead of alpha / rank. */
  rslora: boolean;
}

export class Adapter {
  readonly settings: AdapterSettings;
  /** A and B by the names of their modules in the policy, `MODULE.lora_A.weight` and `MODULE.lora_B.weight`. Not to be changed in place. */
  readonly parameters: HostTensors;

  private constructor(settings: AdapterSettings, parameters: HostTensors) {
    this.settings = settings;
    this.parameters = parameters;
  }

  /** An adapter that changes nothing yet, as PEFT begins one: A uniform in ±1/√in (Kaiming, a = √5), B zero. The same seed gives the same A. */
  static create(config: PolicyConfig, lora: LoraConfig, seed: number): Adapter {
    const parameters = new Map<string, HostTensor>();
    for (const [name, shape] of adapterShapes(config, lora)) {
      const data = new Float32Array(sizeOf(shape));
      if (name.endsWith(downName(''))) {
        Random.seeded(seed, 'adapter', name).fill(data, shape[1] ** -0.5);
      }
      parameters.set(name, { shape, data });
    }
    return new Adapter({ ...lora, rslora: false }, parameters);
  }

  /** Reads an adapter of a policy. Throws an error that names the file and its fault. */
  static async load(folder: string, config: PolicyConfig): Promise<Adapter> {
    const configFile = join(folder, adapterFiles.config);
    const content = await readSmall(configFile).catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error;
      throw new Error(
        `${folder} is not an adapter: it has no ${adapterFiles.config}. Name a folder that PEFT or a run wrote`,
      );
    });
    const { r: rank, lora_alpha: alpha, use_rslora: rslora } = parseAdapterConfig(content.toString(), configFile);
    const file = join(folder, adapterFiles.weights);
    if (!(await stat(file).catch(() => null)))
      throw new Error(`${file} is not there: save the adapter with save_pretrained, whose weights are safetensors`);
    const tensors = await readSafetensors(file);
    checkFinite(file, tensors);
    const found = new Map(
      [...tensors].map(([name, tensor]) => {
        return [name.startsWith(peftPrefix) ? name.slice(peftPrefix.length) : name, tensor];
      }),
    );
    const modules = loraModules.filter((module) =>
      [...found.keys()].some((name) => name.endsWith(`.${downName(module)}`)),
    );
    const settings = { rank, alpha, modules, rslora };
    return new Adapter(settings, ordered(found, adapterShapes(config, settings), file));
  }

  /** What (xAᵀ)Bᵀ is multiplied with. */
  get scale(): number {
    const { rank, alpha, rslora } = this.settings;
    return alpha / (rslora ? Math.sqrt(rank) : rank);
  }

  /** The same adapter with other weights. */
  with(parameters: HostTensors): Adapter {
    return new Adapter(this.settings, parameters);
  }

  /** A policy's weights with W + scale · BA for the W of each adapted module; the others are shared. */
  mergedInto(weights: HostTensors): HostTensors {
    return new Map([...weights].map(([name, weight]) => [name, this.#merged(name.replace(/\.weight$/, ''), weight)]));
  }

  #merged(linear: string, weight: HostTensor): HostTensor {
    const [a, b] = [this.parameters.get(downName(linear)), this.parameters.get(upName(linear))];
    if (!a || !b) return weight;
    const [rank, width] = a.shape;
    const data = Float32Array.from(weight.data);
    for (let row = 0; row < weight.shape[0]; row += 1) {
      const sums = new Float64Array(width);
      for (let k = 0; k < rank; k += 1) {
        const factor = this.scale * b.data[row * rank + k];
        for (let i = 0; i < width; i += 1) sums[i] += factor * a.data[k * width + i];
      }
      for (let i = 0; i < width; i += 1) data[row * width + i] += sums[i];
    }
    return { shape: weight.shape, data };
  }

  /** Writes the folder, made when missing, for PEFT and others to read; `base` names the policy it belongs on. */
  async save(folder: string, base: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const { rank, alpha, modules, rslora } = this.settings;
    const config = {
      base_model_name_or_path: base,
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      lora_alpha: alpha,
      lora_dropout: 0,
      peft_type: 'LORA',
      r: rank,
      target_modules: modules,
      task_type: 'CAUSAL_LM',
      use_dora: false,
      use_rslora: rslora,
    };
    await writeFile(join(folder, adapterFiles.config), `${JSON.stringify(config, null, 2)}\n`);
    const named = new Map([...this.parameters].map(([name, tensor]) => [peftPrefix + name, tensor]));
    await writeSafetensors(join(folder, adapterFiles.weights), named);
  }
}

/** `found` in the order of `shapes`. Throws when one lacks, is another's or has another shape. */
function ordered(found: HostTensors, shapes: ReadonlyMap<string, Shape>, file: string): Map<string, HostTensor> {
  const stranger = [...found.keys()].find((name) => !shapes.has(name));
  if (stranger !== undefined) {
    throw new Error(
      `${file}: ${stranger} is not an adapter's weight on a linear module of this policy (${loraModules.join(', ')})`,
    );
  }
  return new Map(
    [...shapes].map(([name, shape]) => {
      const tensor = found.get(name);
      if (!tensor) throw new Error(`${file} lacks ${name}: an adapter must be on the same modules in every layer`);
      if (tensor.shape.join() !== shape.join()) {
        throw new Error(`${file}: ${name} is [${show(tensor.shape)}], this policy asks for [${show(shape)}]`);
      }
      return [name, tensor];
    }),
  );
}

/** Keys of adapter_config.json that do not change what a trained adapter computes, or whose effect its tensors show. */
const free = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'exclude_modules',
  'inference_mode',
  'lora_dropout',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'target_modules',
  'task_type',
]);

const adapterEntries = {
  peft_type: v.literal('LORA', ({ received }) => `${received} is not supported, LORA is`),
  r: v.pipe(v.number(), v.integer(), v.minValue(1)),
  lora_alpha: v.pipe(v.number(), v.finite()),
  use_rslora: v.optional(v.boolean(), false),
  bias: v.optional(v.literal('none', 'trained biases are not supported'), 'none'),
  // The others change the base's weights, which the adapter does not tell.
  init_lora_weights: v.optional(
    v.union([v.boolean(), v.literal('gaussian')], 'only an adapter that leaves the base as it is can be read'),
    true,
  ),
};
const adapterConfigSchema = v.pipe(
  v.looseObject(adapterEntries),
  v.rawCheck(({ dataset, addIssue }) => {
    for (const key of unknownKeys(
      dataset.typed ? dataset.value : {},
      (name) => Object.hasOwn(adapterEntries, name) || free.has(name),
    ))
      addIssue({ message: `${key} is not supported` });
  }),
);

function parseAdapterConfig(content: string, file: string): v.InferOutput<typeof adapterConfigSchema> {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), adapterConfigSchema), content);
  if (result.success) return result.output;
  const faults = result.issues.map(faultText);
  throw new Error(`${file} does not describe an adapter that can be read here: ${faults.join('; ')}`);
}
