import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import type { Generated } from '../../../src/cli/commands/generate.ts';
import type { TextLogProbs } from '../../../src/cli/commands/logprobs.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { distance } from '../training/golden.ts';

vi.setConfig({ testTimeout: 120_000 });

const golden = resolve(import.meta.dirname, '../../golden');
const checkpoint = join(golden, 'families/llama3');
const sample = resolve(import.meta.dirname, '../../../media/sample');

/** A golden text, its ids and the log-prob of each but the first, from its logits. */
function goldenText(folder: string): { text?: string; ids: number[]; logprobs: number[] } {
  const { text, ids, logits } = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as {
    text?: string;
    ids: number[];
    logits: number[][];
  };
  const logprobs = ids.slice(1).map((id, i) => {
    return logits[i][id] - Math.log(logits[i].reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
  return { text, ids, logprobs };
}

/** The command line as it is bundled. */
async function commandLine() {
  const cli = join(inject('dist'), 'cli.cjs');
  return <Document>(...words: string[]): Promise<{ code: number; document: Document & { error?: string } }> =>
    new Promise((done) => {
      execFile(process.execPath, [cli, ...words, '--json'], (error, stdout) => {
        const document = JSON.parse(stdout) as Document & { error?: string };
        done({ code: error ? Number(error.code) : 0, document });
      });
    });
}

it('gives the log-probs of a text as transformers has them', async () => {
  const rolloutLab = await commandLine();
  const { text, ids, logprobs } = goldenText(checkpoint);
  const { code, document } = await rolloutLab<TextLogProbs>('logprobs', '--policy', checkpoint, '--text', text!);
  expect(code).toBe(0);
  expect(document.ids).toEqual(ids);
  expect(distance(document.logprobs, logprobs)).toBeLessThan(1e-4);

  const short = await rolloutLab<TextLogProbs>('logprobs', '--policy', checkpoint, '--text', 'A');
  expect(short.document).toMatchObject({ logprobs: [] });
  expect((await rolloutLab('logprobs', '--policy', checkpoint)).code).toBe(2);
  const nowhere = await rolloutLab('logprobs', '--policy', join(checkpoint, 'nowhere'), '--text', 'A');
  expect(nowhere).toMatchObject({ code: 1, document: { error: expect.stringContaining('tokenizer.json') as string } });
});

it('reads an adapter as PEFT does, beside its policy or merged into it', async () => {
  const rolloutLab = await commandLine();
  const adapter = join(golden, 'lora/llama3');
  const { logprobs } = goldenText(adapter);
  const { text } = goldenText(checkpoint);
  const ask = async (...words: string[]) =>
    (await rolloutLab<TextLogProbs>('logprobs', '--text', text!, ...words)).document.logprobs;
  const merged = join(temporaryFolder(), 'merged');
  const exporting = ['export', 'policy', '--policy', checkpoint, '--adapter', adapter, '--out', merged];
  expect(await rolloutLab(...exporting)).toEqual({ code: 0, document: { out: merged } });
  for (const policy of [
    ['--policy', checkpoint, '--adapter', adapter],
    ['--policy', merged],
  ])
    expect(distance(await ask(...policy), logprobs)).toBeLessThan(1e-4);
  expect((await rolloutLab(...exporting)).document.error).toContain('has files in it');

  const greedy = ['generate', '--prompt', text!, '--temperature', '0', '--max-new-tokens', '9'];
  const completion = async (...words: string[]) => (await rolloutLab<Generated>(...greedy, ...words)).document;
  expect(await completion('--policy', checkpoint, '--adapter', adapter)).not.toEqual(
    await completion('--policy', checkpoint),
  );
  const other = ['--policy', join(golden, 'families/qwen3'), '--adapter', adapter, '--text', 'A'];
  expect((await rolloutLab('logprobs', ...other)).document.error).toContain('this policy asks for');
});

it('samples the same completions from the same seed, and refuses what the policy cannot do', async () => {
  const rolloutLab = await commandLine();
  const ask = (...words: string[]) =>
    rolloutLab<Generated>('generate', '--policy', checkpoint, '--prompt', 'A blue tone', ...words);
  const asked = ['--n', '3', '--max-new-tokens', '9'];
  const first = await ask(...asked, '--seed', '4');
  expect(first.code).toBe(0);
  expect(first.document.completions).toHaveLength(3);
  expect(new Set(first.document.completions.map(({ ids }) => ids.join())).size).toBeGreaterThan(1);
  for (const { ids, logprobs } of first.document.completions) expect(logprobs).toHaveLength(ids.length);
  expect((await ask(...asked, '--seed', '4')).document).toEqual(first.document);
  expect((await ask(...asked, '--seed', '5')).document).not.toEqual(first.document);

  expect((await ask('--n', '0')).code).toBe(2);
  expect((await ask('--max-new-tokens', '999')).document.error).toContain('leaves room for');
  const media = join(sample, 'clips/001.mp4');
  expect((await ask('--media', media)).document.error).toContain('reads text alone');
});

it('answers about what a clip shows and sounds', async () => {
  const rolloutLab = await commandLine();
  const lines = readFileSync(join(sample, 'dataset.jsonl'), 'utf8').trim().split('\n');
  const row = JSON.parse(lines[0]) as { question: string; options: string[]; video: string };
  const prompt = [row.question, ...row.options].map((line) => `${line}\n`).join('');
  const ask = (...words: string[]) =>
    rolloutLab<Generated>(
      ...['generate', '--policy', join(sample, 'policy'), '--prompt', prompt, '--temperature', '0'],
      ...words,
    );
  const seen = await ask('--media', join(sample, row.video));
  expect(seen.document.completions[0].text).toMatch(/<think>.*<\/think>.*<answer>.*<\/answer>/s);
  expect((await ask()).document.completions[0].text).not.toBe(seen.document.completions[0].text);
});
