/** What policies that chat are told before a question, and what that is worth. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/domain/preset.ts';
import { defaultInstruction, type Asking } from '../../../src/domain/prompt-text.ts';
import type { Prompt, Rollout } from '../../../src/domain/rollout.ts';
import { Store } from '../../../src/store/store.ts';
import { openBackend } from '../../../src/training/backends/choose.ts';
import { Experiences } from '../../../src/training/avatar/experience.ts';
import { instructionFor } from '../../../src/training/policy/chat-files.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { makePrompt } from '../store/rows.ts';
import { chatPolicy, goldenChats } from './chat-policy.ts';
import { createRun, ended, startTraining } from './fixture.ts';

const preset = presetConfig('avatar', 'policy', 1);
const without = { system: null, hint: null };

describe.each(readdirSync(goldenChats))('a chat policy of %s', (name) => {
  const prompt = makePrompt({ question: 'Which?', options: ['A red', 'B green'], hint: 'Listen.' });

  it('scores a completion behind the tokens that it was sampled behind, with instruction and hint', async () => {
    const policy = await Policy.load(await chatPolicy(name, {}, { max_position_embeddings: 256 }));
    const seen = new Set<string>();
    for (const role of ['system', 'user'] as const) {
      const config = { ...preset, system: 'Be brief.', hints: { ...preset.hints, role, prefix: 'Tip: ' } };
      const fresh = new Experiences(policy, [prompt], new Map(), config, []);
      // A run to come, with an instruction and hints of its own.
      const others = { ...preset, system: 'Be long.' };
      const later = new Experiences(policy, [prompt], new Map(), others, [], new Map([['run', config.hints]]));
      for (const hinted of [false, true]) {
        const system = fresh.instruction(prompt.id);
        const { promptIds } = fresh.context(prompt.id, hinted);
        const rollout = {
          ...{ id: 'r', promptId: prompt.id, completion: 'A', tokens: null, runId: 'run' },
          hinted,
          system,
        } as Rollout;
        for (const run of [fresh, later]) expect([...run.of(rollout)!.promptIds]).toEqual([...promptIds]);
        expect([...later.context(prompt.id, hinted).promptIds]).not.toEqual([...promptIds]);
        const text = policy.tokenizer.decode(promptIds);
        expect(text.match(/Be brief\.|Tip: Listen\.|Which\?/gu)).toEqual(
          hinted ? ['Be brief.', 'Tip: Listen.', 'Which?'] : ['Be brief.', 'Which?'],
        );
        seen.add(text);
      }
    }
    expect(seen.size).toBe(3);
  });

  it('asks a prompt with the instruction of its dataset, and scores a rollout of none without', async () => {
    const policy = await Policy.load(await chatPolicy(name, {}, { max_position_embeddings: 256 }));
    const own = { ...prompt, system: 'Be kind.' };
    const experiences = new Experiences(policy, [own], new Map(), { ...preset, system: 'Be brief.' }, []);
    const ids = (asking: Asking): number[] => [...policy.promptIds(prompt, asking)];
    expect([...experiences.context(own.id, false).promptIds]).toEqual(ids({ ...without, system: 'Be kind.' }));
    const rollout = { ...{ id: 'r', promptId: own.id, completion: 'A', tokens: null }, hinted: false } as Rollout;
    expect([...experiences.of(rollout)!.promptIds]).toEqual(ids(without));
  });

  it('scores an imported completion behind a hint as imports know it', async () => {
    const policy = await Policy.load(await chatPolicy(name, {}, { max_position_embeddings: 256 }));
    const hints = { ...preset.hints, role: 'user' as const, prefix: 'Tip: ' };
    const experiences = new Experiences(policy, [prompt], new Map(), { ...preset, hints }, []);
    const rollout = { ...{ id: 'r', promptId: prompt.id, completion: 'A', tokens: null }, hinted: true, runId: null };
    const asking = { system: null, hint: 'Listen.' };
    expect([...experiences.of(rollout as unknown as Rollout)!.promptIds]).toEqual([
      ...policy.promptIds(prompt, asking),
    ]);
  });

  it('leaves out a stored rollout whose instruction leaves no room for it', async () => {
    const policy = await Policy.load(await chatPolicy(name));
    const experiences = new Experiences(policy, [prompt], new Map(), preset, []);
    const rollout = { ...{ id: 'r', promptId: prompt.id, completion: 'A', tokens: null }, hinted: false } as Rollout;
    expect(experiences.of(rollout)).not.toBeNull();
    expect(experiences.of({ ...rollout, system: 'Be brief. '.repeat(40) })).toBeNull();
  });
});

it('says instruction and hint with the question where a template has no system messages', async () => {
  const [refuses, ignores] = [
    "{% if messages[0].role == 'system' %}{{ raise_exception('No system.') }}{% endif %}{{ messages[0].content }}",
    "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}",
  ];
  for (const template of [refuses, ignores]) {
    const policy = await Policy.load(await chatPolicy('qwen3', { 'chat_template.jinja': template }));
    const ids = policy.promptIds({ question: 'Which?', options: [] }, { system: 'Be brief.', hint: 'Listen.' });
    expect(policy.tokenizer.decode(ids)).toBe('Be brief.\n\nHint: Listen.\n\nWhich?');
  }
});

it('is ours by default where a folder has a chat template, and none elsewhere', async () => {
  const [jinja, config] = [await chatPolicy('qwen3'), await chatPolicy('qwen2.5')];
  const none = await chatPolicy('qwen2.5', { 'tokenizer_config.json': { chat_template: null } });
  const broken = await chatPolicy('qwen2.5', { 'tokenizer_config.json': '{' });
  expect(await Promise.all([jinja, config].map(instructionFor))).toEqual([defaultInstruction, defaultInstruction]);
  expect(await Promise.all([none, broken, 'shape:tiny'].map(instructionFor))).toEqual([null, null, null]);
});

/** Policy of a few thousand weights that was taught to write the format when it is told to, and the bare answer when it is not. */
async function obedient(prompts: readonly Prompt[]): Promise<string> {
  const shape = { hidden_size: 32, intermediate_size: 48, num_attention_heads: 2, max_position_embeddings: 256 };
  const folder = await chatPolicy('qwen3', {}, { ...shape, initializer_range: 0.06 });
  const policy = await Policy.load(folder);
  const learner = new Learner({
    policy,
    backend: await openBackend('onnxruntime', 1),
    optimiser: { learningRate: 1e-2 },
  });
  const rows = prompts.flatMap((prompt) =>
    [defaultInstruction, null].map((system) => {
      const answer = system === null ? prompt.answer! : `<think>So.</think><answer>${prompt.answer}</answer>`;
      const completionIds = policy.completionIds(answer);
      const weights = new Float32Array(completionIds.length).fill(1);
      return { promptIds: policy.promptIds(prompt, { system, hint: null }), prefix: null, completionIds, weights };
    }),
  );
  for (let i = 0; i < 60; i += 1) await learner.imitate(rows);
  await learner.policy().save(folder);
  await learner.dispose();
  return folder;
}

it('is what earns a policy that follows it the format, and is kept of every completion', async () => {
  const prompts = ['A', 'B'].map((answer) =>
    makePrompt({ question: `Is it ${answer}?`, options: ['A', 'B'], answer, video: null, stage: 'visual' }),
  );
  const policy = await obedient(prompts);
  const file = join(mkdtempSync(join(tmpdir(), 'instruction-')), 'rollouts.db');
  const store = Store.open(file);
  store.addRollouts(prompts, []);
  const formats = [];
  for (const system of [defaultInstruction, null]) {
    const settings = ['steps=1', 'promptsPerStep=2', 'gradientSteps=1', 'evalEvery=0', 'maxNewTokens=40'];
    const run = createRun(store, policy, 'grpo', [...settings, `system=${JSON.stringify(system)}`]);
    const { code, stderr } = await ended(startTraining(file, run));
    expect([code, stderr]).toEqual([0, stderr]);
    const made = store.rollouts.page({ runId: run.id }).rows.map(({ id }) => store.rollouts.get(id)!);
    expect(made.map((rollout) => rollout.system ?? null)).toEqual(made.map(() => system));
    formats.push(made.reduce((sum, { rewards }) => sum + rewards.format, 0) / made.length);

    // What was sampled is scored alike behind the instruction that the store has of it, and not behind another.
    const loaded = await Policy.load(policy);
    const learner = new Learner({ policy: loaded, backend: await openBackend('onnxruntime', 1) });
    const experiences = new Experiences(loaded, prompts, new Map(), { ...preset, system: 'Other.' }, []);
    const difference = async (rollout: Rollout): Promise<number> => {
      const experience = experiences.of(rollout)!;
      const [scores] = await learner.logProbs([experience]);
      return Math.max(...scores.map((score, t) => Math.abs(score - experience.behaviourLogProbs![t])));
    };
    expect(await difference(made[0])).toBeLessThan(1e-3);
    expect(await difference({ ...made[0], system: system === null ? defaultInstruction : null })).toBeGreaterThan(0.1);
    await learner.dispose();
  }
  store.close();
  expect(formats[0]).toBeGreaterThan(0.7);
  expect(formats[1]).toBe(0);
}, 120_000);
