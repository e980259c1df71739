import { describe, expect, it } from 'vitest';
import { questionOf } from '../../../src/formats/chat.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore } from '../store/fixture.ts';
import { folderOf } from './fixture.ts';

const question = 'Which colour sounds?\nA. red\nB. green';
const hint = 'Hint: Listen first.';
const instruction = 'Think inside <think>.\n\nThen answer.';

/** As each model's tokenizer writes a system message and a question; decoded, with its special tokens skipped. */
const writtenWith = (system: string): [string, string][] => [
  [
    'ChatML',
    `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`,
  ],
  ['ChatML, decoded', `system\n${system}\nuser\n${question}\nassistant\n`],
  [
    'Llama 3',
    `<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n${system}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n${question}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n`,
  ],
  ['Llama 3, decoded', `system\n\n${system}user\n\n${question}assistant\n\n`],
  [
    'Llama 3 after a turn, decoded',
    `system\n\n${system}user\n\nHello.assistant\n\nHi.user\n\n${question}assistant\n\n`,
  ],
  ['R1', `<｜begin▁of▁sentence｜>${system}<｜User｜>${question}<｜Assistant｜><think>\n`],
  ['Mistral', `<s>[SYSTEM_PROMPT]${system}[/SYSTEM_PROMPT][INST]${question}[/INST]`],
  ['R1, decoded', `${system}<｜User｜>${question}<｜Assistant｜><think>\n`],
  ...questionAndSystem(system),
];

/** Templates that have no system message: what it says stands before the question. */
const questionAndSystem = (system: string): [string, string][] => [
  ['Gemma', `<bos><start_of_turn>user\n${system}\n\n${question}<end_of_turn>\n<start_of_turn>model\n`],
  ['Gemma, decoded', `user\n${system}\n\n${question}\nmodel\n`],
  ['Mistral before v7', `<s>[INST] ${system}\n\n${question} [/INST]`],
];
const written = writtenWith(hint);

describe('the text of a chat template', () => {
  it.each(written)('of %s gives back question and hint', (_, text) => {
    expect(questionOf(text)).toMatchObject({ text: question, hint: 'Listen first.' });
  });

  it.each(writtenWith(instruction).slice(0, -3))('of %s gives back the instruction', (_, text) => {
    expect(questionOf(text)).toMatchObject({ text: question, system: instruction, hint: null });
  });

  it.each(writtenWith(`${instruction}\n\n${hint}`).slice(0, -3))(
    'of %s tells instruction and hint apart',
    (_, text) => {
      expect(questionOf(text)).toMatchObject({ text: question, system: instruction, hint: 'Listen first.' });
    },
  );

  it('of Llama 3 has its dates for no instruction', () => {
    const dated = (said: string): string =>
      `<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n${said}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n${question}<|eot_id|>`;
    expect([dated(''), dated(instruction)].map((text) => questionOf(text).system)).toEqual([null, instruction]);
  });

  it.each(written)('of %s finds the row of its dataset', async (_, input) => {
    const folder = folderOf({
      'dataset.jsonl': [{ problem: question, problem_id: 7, solution: 'A', path: 'clips/7.mp4' }],
      'run/1.jsonl': [{ input, output: 'A', score: 1, step: 1 }],
    });
    const store = openStore();
    await importFiles(store, [folder]);
    expect(store.prompts.page().rows).toMatchObject([{ sourceId: '7', rollouts: 1 }]);
  });

  it('that is none is a question, whatever words it has', () => {
    for (const text of ['Is the user\nassistant here?', 'Who is the assistant?\n\nThe user', 'user']) {
      expect(questionOf(text).text).toBe(text);
    }
  });
});
