/** Tiny policies that chat, in folders of their own. */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyConfigInput } from '../../../src/training/policy/config.ts';
import { Policy } from '../../../src/training/policy/policy.ts';

/** Templates and tokenizers of chat policies, with what transformers makes of them: test/golden/chat.py. */
export const goldenChats = join(import.meta.dirname, '../../golden/chat');
export const readChat = <Content>(name: string, file: string): Content =>
  JSON.parse(readFileSync(join(goldenChats, name, file), 'utf8')) as Content;

/** A tiny policy whose tokenizer and template are a golden case's, in a folder. */
export async function chatPolicy(
  name: string,
  more: Record<string, object | string> = {},
  shape: Partial<PolicyConfigInput> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  const tokenizer = readChat<object>(name, 'tokenizer.json');
  const config = {
    ...{ model_type: 'qwen2' as const, vocab_size: 302, hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1 },
    ...{ num_attention_heads: 1, max_position_embeddings: 128, rms_norm_eps: 1e-6, eos_token_id: 0 },
    ...shape,
  };
  await Policy.create(config, tokenizer, 1).save(folder);
  await cp(join(goldenChats, name), folder, { recursive: true });
  for (const [file, content] of Object.entries(more)) {
    await writeFile(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}
