import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Generated } from '../../../src/cli/commands/generate.ts';
import type { TextLogProbs } from '../../../src/cli/commands/logprobs.ts';
import { bundle } from '../bundle.ts';

vi.setConfig({ testTimeout: 120_000 });

const checkpoint = resolve(import.meta.dirname, '../../golden/families/llama3');
const sample = resolve(import.meta.dirname, '../../../media/sample');

/** The command line as it is bundled. */
async function commandLine() {
  const cli = await bundle('src/cli/main.ts');
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
  const golden = JSON.parse(readFileSync(join(checkpoint, 'golden.json'), 'utf8')) as {
    text: string;
    ids: number[];
    logits: number[][];
  };
  const { code, document } = await rolloutLab<TextLogProbs>('logprobs', '--policy', checkpoint, '--text', golden.text);
  expect(code).toBe(0);
  expect(document.ids).toEqual(golden.ids);
  const expected = golden.ids.slice(1).map((id, i) => {
    const logits = golden.logits[i];
    return logits[id] - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
  expect(document.logprobs).toHaveLength(expected.length);
  for (const [i, logProb] of document.logprobs.entries()) expect(Math.abs(logProb - expected[i])).toBeLessThan(1e-4);

  const short = await rolloutLab<TextLogProbs>('logprobs', '--policy', checkpoint, '--text', 'A');
  expect(short.document).toMatchObject({ logprobs: [] });
  expect((await rolloutLab('logprobs', '--policy', checkpoint)).code).toBe(2);
  const nowhere = await rolloutLab('logprobs', '--policy', join(checkpoint, 'nowhere'), '--text', 'A');
  expect(nowhere).toMatchObject({ code: 1, document: { error: expect.stringContaining('tokenizer.json') as string } });
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
