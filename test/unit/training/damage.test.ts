/** The folders of policies and adapters, damaged: each is read, or refused by an error that names its file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import fc, { times } from '../fc.ts';
import { byteDamage, valueDamage } from '../damage.ts';
import { Adapter, adapterFiles } from '../../../src/training/policy/adapter.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { chatPolicy, goldenChats } from './chat-policy.ts';
import { goldenFolder } from './golden.ts';

const root = mkdtempSync(join(tmpdir(), 'damage-'));
const [policy, chat, adapter] = ['policy', 'chat', 'adapter'].map((name) => join(root, name));

beforeAll(async () => {
  await cp(goldenFolder, policy, { recursive: true });
  await cp(await chatPolicy(readdirSync(goldenChats)[0]), chat, { recursive: true });
  const { config } = await Policy.load(policy);
  await Adapter.create(config, { rank: 2, alpha: 4, modules: ['q_proj'] }, 1).save(adapter, policy);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each([
  [policy, 'config.json'],
  [policy, 'model.safetensors'],
  [policy, 'tokenizer.json'],
  [chat, 'tokenizer_config.json'],
  [adapter, adapterFiles.config],
  [adapter, adapterFiles.weights],
])('%s', (folder, name) => {
  it(`with a damaged ${name} is read or refused by name`, async () => {
    const file = join(folder, name);
    const whole = readFileSync(file);
    const { config } = await Policy.load(policy);
    const counts = { read: 0, refused: 0 };
    onTestFinished(() => writeFileSync(file, whole));
    await fc.assert(
      fc.asyncProperty(name.endsWith('.json') ? fc.oneof(byteDamage, valueDamage) : byteDamage, async (damage) => {
        writeFileSync(file, damage(whole));
        try {
          const { parameters } = folder === adapter ? await Adapter.load(folder, config) : await Policy.load(folder);
          for (const { data } of parameters.values()) expect(data.every(Number.isFinite)).toBe(true);
          counts.read += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toContain(folder);
          counts.refused += 1;
        }
      }),
      { numRuns: times(60) },
    );
    expect(counts.refused).toBeGreaterThan(0);
  });
});
