/** A tiny policy, clips of the sample project and a store of prompts about them: a run on these takes seconds. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { inject } from 'vitest';
import { overridden, presetConfig } from '../../../src/domain/preset.ts';
import { promptText } from '../../../src/domain/prompt-text.ts';
import type { Prompt, Rollout } from '../../../src/domain/rollout.ts';
import type { Preset } from '../../../src/domain/run.ts';
import { groupId, promptId, rolloutId } from '../../../src/domain/identity.ts';
import { Store, type MetricRow, type RunRow } from '../../../src/store/store.ts';
import { openBackend } from '../../../src/training/backends/choose.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import { Policy } from '../../../src/training/policy/policy.ts';

export const sample = resolve(import.meta.dirname, '../../../media/sample');

/**
 * Teaches a tiny policy, in a second or two, to write the format around an answer it guesses: so completions of one prompt earn
 * different rewards. Saved to `folder`.
 */
export async function tinyPolicy(folder: string, positions = 128): Promise<void> {
  const json = (file: string): object => JSON.parse(readFileSync(join(sample, 'policy', file), 'utf8')) as object;
  const tokenizer = json('tokenizer.json') as { model: { vocab: Record<string, number> } };
  const config = {
    model_type: 'qwen2' as const,
    vocab_size: Object.keys(tokenizer.model.vocab).length,
    hidden_size: 32,
    intermediate_size: 48,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: positions,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: true,
    initializer_range: 0.06,
    eos_token_id: 0,
    audio_visual_prefix: { slots_per_second: 2, frame_values: 48, mel_bands: 16, max_slots: 24 },
  };
  const policy = Policy.create(config, tokenizer, 5);
  const backend = await openBackend('onnxruntime', 1);
  const learner = new Learner({ policy, backend, optimiser: { learningRate: 1e-2 } });
  const rows = samplePrompts(16).map((prompt, i) => {
    const text = `<think>At 0:0${i % 4} red.</think><answer>${i % 3}</answer>`;
    const completionIds = Int32Array.from([...policy.tokenizer.encode(text), config.eos_token_id]);
    const promptIds = policy.tokenizer.encode(promptText(prompt));
    return { promptIds, prefix: null, completionIds, weights: new Float32Array(completionIds.length).fill(1) };
  });
  for (let i = 0; i < 60; i += 1) await learner.imitate(rows);
  await learner.policy().save(folder);
  await learner.dispose();
}

/** The first prompts of the sample's training split whose answer is one the tiny policy may guess; their clips lie in the sample. */
export function samplePrompts(count: number): Prompt[] {
  const lines = readFileSync(join(sample, 'dataset.jsonl'), 'utf8').trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as Omit<Prompt, 'id'>);
  return rows
    .filter(({ split, answer }) => split === 'train' && ['0', '1', '2'].includes(answer!))
    .slice(0, count)
    .map(({ dataset, question, options, answer, problemType, video, stage, events }, i) => {
      const prompt = {
        ...{
          dataset,
          question,
          options,
          answer,
          problemType,
          stage,
          events,
          audio: null,
          hint: 'Look for the first time.',
        },
        video,
        split: i % 4 === 3 ? ('validation' as const) : ('train' as const),
      };
      return { ...prompt, id: promptId(prompt) };
    });
}

/** Four imported rollouts for each training prompt of `prompts`, without tokens: two right, one wrong, one without format. */
export function importedRollouts(prompts: readonly Prompt[]): Rollout[] {
  return prompts
    .filter(({ split }) => split === 'train')
    .flatMap((prompt) => {
      const wrong = prompt.answer === '0' ? '1' : '0';
      const texts = [prompt.answer, prompt.answer, wrong].map(
        (answer) => `<think>I look. At 0:01 red. So it is.</think><answer>${answer}</answer>`,
      );
      return [...texts, 'I do not know.'].map((completion, i) => {
        const rollout: Rollout = {
          ...{ id: '', promptId: prompt.id, groupId: groupId(prompt.id, 'teacher', 0, ''), runId: null },
          ...{ policy: 'teacher', policyVersion: 0, completion, rewards: {}, reward: null, advantage: null },
          ...{ tokens: null, hinted: false, source: 'import:test', createdAt: '2026-01-01T00:00:00.000Z' },
        };
        return { ...rollout, id: rolloutId(rollout, i) };
      });
    });
}

/** A store in `folder` with twelve prompts, nine of them for training, their clips, and their imported rollouts. */
export function trainingStore(folder: string): { store: Store; file: string; imported: Rollout[] } {
  const file = join(folder, 'rollouts.db');
  const store = Store.open(file);
  const prompts = samplePrompts(12);
  for (const { video } of prompts) cpSync(join(sample, video!), join(folder, video!));
  const imported = importedRollouts(prompts);
  store.addRollouts(prompts, imported);
  return { store, file, imported };
}

const small = [
  'backend=onnxruntime',
  'threads=1',
  'steps=4',
  'promptsPerStep=3',
  'gradientSteps=2',
  'replayMin=1',
  'maxNewTokens=24',
  'evalEvery=2',
  'checkpointEvery=2',
  'learningRate=0.003',
];

export function createRun(store: Store, policy: string, preset: Preset, overrides: string[] = [], seed = 1): RunRow {
  const config = presetConfig(preset, policy, seed);
  const short = config.stages.map(({ stage }) => ({ stage, steps: 2 }));
  const stages = short.length === 0 ? [] : [`stages=${JSON.stringify(short)}`, `steps=${2 * short.length}`];
  return store.runs.create(preset, overridden(config, [...small, ...stages, ...overrides]));
}

/** Starts the real training process on a run, from its own bundle or another one, as a user does who names this `judge`. */
export function startTraining(
  file: string,
  run: RunRow,
  entry = join(inject('dist'), 'training.cjs'),
  judge?: string,
): ChildProcess {
  const words = [entry, '--db', file, '--run', run.id, ...(judge === undefined ? [] : ['--judge', judge])];
  const child = spawn(process.execPath, words, { cwd: dirname(file), stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.resume();
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderrs.set(child, (stderrs.get(child) ?? '') + text));
  return child;
}
const stderrs = new WeakMap<ChildProcess, string>();

/** The process's exit code, or its signal; with what it said when it failed. */
export function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  return new Promise((done) => {
    child.on('close', (code) => done({ code, stderr: stderrs.get(child) ?? '' }));
  });
}

/** What an iteration measured, without what depends on the clock. */
export function timeless(rows: readonly MetricRow[]): unknown[] {
  const clocked = ['seconds', 'tokensPerSecond'];
  return rows.map(({ iteration, values, advantages }) => ({
    iteration,
    advantages,
    values: Object.fromEntries(Object.entries(values).filter(([name]) => !clocked.includes(name))),
  }));
}
