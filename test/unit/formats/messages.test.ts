import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore } from '../store/fixture.ts';
import { everything, folderOf } from './fixture.ts';

describe('messages that end with the assistant', () => {
  const user = {
    role: 'user',
    content: [
      { type: 'video', video: 'a.mp4' },
      { type: 'text', text: 'What sounds first?' },
    ],
  };
  const turns = [
    { role: 'system', content: 'Think.' },
    user,
    { role: 'assistant', content: 'I look.' },
    { role: 'tool', content: 'frame 3' },
    { role: 'assistant', content: '<answer>A</answer>' },
  ];

  it('are a rollout with what is told of it; those that end with the user are a prompt', async () => {
    const folder = folderOf({
      'a.jsonl': [
        { messages: turns, reward: 0.5, solution: 'A' },
        { messages: [{ role: 'user', content: 'Which is last?' }] },
      ],
    });
    const store = openStore();
    expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 1, prompts: 2, rejected: [] });
    expect(everything(store)).toMatchObject([
      { completion: 'I look.\n<answer>A</answer>', reward: 0.5, rewards: { reward: 0.5 } },
    ]);
    expect(store.prompts.page().rows).toMatchObject([
      { question: 'What sounds first?', video: 'a.mp4', answer: 'A' },
      { question: 'Which is last?' },
    ]);
  });

  it('are a broken line where there are none', async () => {
    const file = 'a.jsonl';
    const folder = folderOf({ [file]: [{ messages: turns }, { messages: [] }] });
    expect(await importFiles(openStore(), [folder])).toMatchObject({
      prompts: 1,
      rejected: [{ file: join(folder, file), line: 2, reason: 'no messages: nothing is asked' }],
    });
  });

  it('are read the same where a column of another name holds them', async () => {
    const folder = folderOf({ 'a.jsonl': [{ conversation: turns, grade: 1 }] });
    const store = openStore();
    const [{ offer }] = (await importFiles(store, [folder])).rejected;
    expect(offer!.guess).toEqual({ prompt: ['conversation'] });
    await importFiles(store, [folder], { map: { ...offer!.guess, reward: ['grade'] } });
    expect(everything(store)).toMatchObject([{ completion: 'I look.\n<answer>A</answer>', reward: 1 }]);
  });
});
