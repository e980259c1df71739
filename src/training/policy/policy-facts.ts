/** What a policy's folder is, told without reading its weights. */
import { join } from 'node:path';
import { errorText } from '../../domain/error-text.ts';
import type { RunConfig } from '../../domain/run.ts';
import { readSmall } from '../../formats/small-file.ts';
import { parsePolicyConfig, parseTextConfig } from './config.ts';
import { safetensorsShapes } from './safetensors.ts';
import { weightFiles } from './weights.ts';

export interface PolicyFacts {
  /** Its `model_type`, as qwen2. */
  family: string;
  parameters: number;
  /** Whether it reads video and sound. */
  sees: boolean;
  /** Why the embedded engine cannot train it; null where it can. */
  embeddedFault: string | null;
}

/** Throws an error that names the file and its fault where the folder is no policy. */
export async function policyFacts(folder: string): Promise<PolicyFacts> {
  const file = join(folder, 'config.json');
  const config = JSON.parse((await readSmall(file)).toString()) as Record<string, unknown>;
  const generation = await readSmall(join(folder, 'generation_config.json')).then(String, () => '{}');
  const ends = (JSON.parse(generation) as { eos_token_id?: unknown }).eos_token_id ?? config.eos_token_id;
  const given = { ...config, eos_token_id: ends };
  const { audio_visual_prefix: prefix, towers } = parseTextConfig(given, file);
  let parameters = 0;
  for (const weights of await weightFiles(folder)) {
    for (const shape of (await safetensorsShapes(weights)).values())
      parameters += shape.reduce((product, dimension) => product * dimension, 1);
  }
  const sees = prefix !== null || towers === true;
  return { family: String(config.model_type), parameters, sees, embeddedFault: embeddedFault(given, file) };
}

function embeddedFault(config: Record<string, unknown>, file: string): string | null {
  try {
    parsePolicyConfig(config, file);
    return null;
  } catch (error) {
    return errorText(error);
  }
}

/** Bytes that a run takes about (docs/backends.md, "Memory"): what trains with its gradient and moments, what is frozen, and a gradient step. */
export function memoryNeeded(
  { parameters }: PolicyFacts,
  { lora, adapter, baseBits }: Pick<RunConfig, 'lora' | 'adapter' | 'baseBits'>,
): number {
  const isFrozen = lora !== null || adapter !== null;
  return parameters * (isFrozen ? baseBits / 8 : 30) + 2 ** 31;
}
