import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mediaViews } from '../../../src/domain/media-view.ts';
import { optionPictures } from '../../../src/domain/option.ts';
import type { Prompt } from '../../../src/domain/rollout.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { writeRollouts } from '../../../src/formats/write.ts';
import { promptId } from '../../../src/domain/identity.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from '../store/fixture.ts';
import { everything, folderOf } from './fixture.ts';

const paths = ({ media }: Pick<Prompt, 'media'>): string[] | undefined =>
  media?.map(({ kind, path }) => `${kind} ${path}`);

async function imported(row: unknown, options = {}): Promise<Prompt> {
  const store = openStore();
  const report = await importFiles(store, [join(folderOf({ 'a.jsonl': [row] }), 'a.jsonl')], options);
  expect(report.rejected).toEqual([]);
  return store.prompts.page().rows[0];
}

const asked = { messages: [{ role: 'user', content: '<video><video><image><audio><audio>What differs?' }] };
const parts = (content: unknown[]) => ({
  messages: [{ role: 'user', content: [...content, { type: 'text', text: 'What differs?' }] }],
});

it('tells of prompts of a dump that became one with those of their dataset', async () => {
  const store = openStore();
  const folder = folderOf({
    'data.jsonl': [{ messages: [{ role: 'user', content: '<video>What differs?' }], videos: ['a.mp4'] }],
    '1.jsonl': [{ input: 'user\nWhat differs?\nassistant\n', output: 'All.', score: 1, step: 1 }],
  });
  const report = await importFiles(store, [folder]);
  expect(report).toMatchObject({ rollouts: 1, prompts: 2, joined: 1, rejected: [] });
  expect(store.prompts.page().rows).toMatchObject([{ question: 'What differs?', rollouts: 1 }]);
});

describe('several media of one prompt', () => {
  it.each([
    [
      'the lists of an ms-swift row',
      { ...asked, videos: ['a.mp4', 'b.mp4'], images: ['c.png'], audios: ['d.wav', 'e.wav'] },
      ['video a.mp4', 'video b.mp4', 'image c.png', 'audio d.wav', 'audio e.wav'],
    ],
    [
      'the parts of a message, as chat templates and servers have them',
      parts([
        { type: 'image', image: 'a.png' },
        { type: 'video', video: 'b.mp4' },
        { type: 'audio', path: 'c.wav' },
        { type: 'image_url', image_url: { url: 'd.png' } },
        { type: 'video', video: null, url: 'e.mp4' },
      ]),
      ['image a.png', 'video b.mp4', 'audio c.wav', 'image d.png', 'video e.mp4'],
    ],
    [
      'lists in a Video-R1 row’s path',
      { problem_id: 1, problem: 'What differs?', path: { video: ['a.mp4', 'b.mp4'], audio: ['c.wav'] } },
      ['video a.mp4', 'video b.mp4', 'audio c.wav'],
    ],
    [
      'a list for a Video-R1 row’s path',
      { problem_id: 1, problem: 'What differs?', path: ['a.mp4', 'b.png'] },
      ['video a.mp4', 'image b.png'],
    ],
    [
      'our own dataset row',
      {
        question: 'What differs?',
        problemType: 'free-form',
        media: [
          { kind: 'audio', path: 'a.wav' },
          { kind: 'audio', path: 'b.wav' },
        ],
      },
      ['audio a.wav', 'audio b.wav'],
    ],
  ])('are all read from %s, in order', async (_, row, expected) => {
    const prompt = await imported(row);
    expect(paths(prompt)).toEqual(expected);
    const first = (kinds: string): string | null =>
      expected.find((one) => kinds.includes(one.split(' ')[0]))?.split(' ')[1] ?? null;
    expect(prompt).toMatchObject({ video: first('video') ?? first('image'), audio: first('audio') });
  });

  it('are all read from mapped columns', async () => {
    const prompt = await imported(
      { q: 'What differs?', clips: [{ video: 'a.mp4' }, { video: 'b.mp4' }], sounds: ['c.wav'] },
      { map: { prompt: ['q'], video: ['clips'], audio: ['sounds'] } },
    );
    expect(paths(prompt)).toEqual(['video a.mp4', 'video b.mp4', 'audio c.wav']);
  });

  it('are no list where there is one video and one sound, and the prompt keeps its id', async () => {
    const prompt = await imported({ ...asked, videos: ['a.mp4'], audios: ['b.wav'] });
    expect(prompt.media).toBeUndefined();
    // As it was before prompts had lists.
    expect(prompt).toMatchObject({ id: 'p-d24492cc989d05801a74b2fb', video: 'a.mp4', audio: 'b.wav' });
  });

  it('make two prompts of one question where only a later one differs', async () => {
    const store = openStore();
    const rows = ['b.mp4', 'c.mp4'].map((second) => ({ ...asked, videos: ['a.mp4', second] }));
    expect(await importFiles(store, [folderOf({ 'a.jsonl': rows })])).toMatchObject({ prompts: 2 });
  });

  it.each(['<image>', '<|vision_start|><|image_pad|><|vision_end|>'])('are options where %s is one', async (tag) => {
    const content = `<image>Which of these is it?\nA. ${tag}\nB. ${tag}`;
    const row = { messages: [{ role: 'user', content }], images: ['q.png', 'a.png', 'b.png'], solution: 'B' };
    const prompt = await imported({ ...row, problem_type: 'multiple choice' });
    expect(prompt).toMatchObject({ question: 'Which of these is it?', options: ['A. <image>', 'B. <image>'] });
    expect(optionPictures(prompt)).toEqual(['a.png', 'b.png']);
  });

  it('within messages are left out with a note', async () => {
    const store = openStore();
    const row = parts([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }]);
    const { notes } = await importFiles(store, [folderOf({ 'a.jsonl': [row] })]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('write them to files') as string }]);
    expect(store.prompts.page().rows[0].video).toBeNull();
  });

  it('are found beside their file, and written and read back', async () => {
    const folder = folderOf({ 'in/a.jsonl': [{ ...asked, videos: ['v/a.mp4', 'v/b.mp4'] }], 'in/v/b.mp4': [] });
    const store = openStore();
    await importFiles(store, [join(folder, 'in')]);
    const [prompt] = store.prompts.page().rows;
    expect(paths(prompt)).toEqual(['video v/a.mp4', `video ${join(folder, 'in/v/b.mp4')}`]);
    const rollouts = makeGroup(prompt, [1]);
    store.addRollouts([], rollouts);
    const out = join(folder, 'in/out.rollouts.jsonl');
    await writeRollouts(out, 'rollout-lab', () => rollouts.map((rollout) => ({ prompt, rollout, labels: [] })));
    const copy = openStore();
    await importFiles(copy, [out]);
    expect(copy.prompts.page().rows[0]).toMatchObject({ id: prompt.id, video: 'v/a.mp4' });
    expect(paths(copy.prompts.page().rows[0])).toEqual(paths(prompt));
    expect(everything(copy)[0].id).toBe(rollouts[0].id);
  });

  describe('in a store that was filled when the first alone was kept', () => {
    const rows = ['b.mp4', 'c.mp4'].map((second) => ({ ...asked, videos: ['a.mp4', second] }));
    const question = 'What differs?';
    const old = makePrompt({ question, options: [], video: 'a.mp4', answer: null });

    function filled(): { store: Store; id: string } {
      const store = openStore();
      const id = promptId(old);
      store.addRollouts([{ ...old, id }], makeGroup({ ...old, id }, [1, 0]));
      return { store, id };
    }

    it('come to the prompt with its rollouts, once', async () => {
      const { store, id } = filled();
      const folder = folderOf({ 'a.jsonl': rows.slice(0, 1) });
      for (let time = 0; time < 2; time += 1) {
        expect(await importFiles(store, [folder])).toMatchObject({ prompts: 0 });
        expect(store.prompts.page().rows).toMatchObject([{ id, rollouts: 2, video: 'a.mp4' }]);
        expect(paths(store.prompts.page().rows[0])).toEqual(['video a.mp4', 'video b.mp4']);
      }
    });

    it('are another prompt’s where it has others already', async () => {
      const { store, id } = filled();
      const folder = folderOf({ 'a.jsonl': rows });
      expect(await importFiles(store, [folder])).toMatchObject({ prompts: 1 });
      expect(await importFiles(store, [folder])).toMatchObject({ prompts: 0 });
      const seconds = store.prompts.page().rows.map((one) => [paths(one)![1], one.id === id]);
      expect(Object.fromEntries(seconds)).toEqual({ 'video b.mp4': true, 'video c.mp4': false });
    });
  });
});

describe('what is seen and heard at once', () => {
  const media = (...all: string[]): Prompt['media'] =>
    all.map((one) => ({ kind: one.split(' ')[0] as 'video', path: one.split(' ')[1] }));

  it.each([
    [{ video: null, audio: null }, []],
    [{ video: 'a', audio: 'b' }, [['', 'a', 'b']]],
    [
      { video: 'a', audio: null, media: media('video a', 'video b', 'image c') },
      [
        ['Video 1 of 2', 'a', null],
        ['Video 2 of 2', 'b', null],
        ['Picture', 'c', null],
      ],
    ],
    [
      { video: 'a', audio: 's', media: media('audio s', 'image p', 'video a', 'audio t') },
      [
        ['Video with sound 1 of 2', 'a', 's'],
        ['Picture', 'p', null],
        ['Sound 2 of 2', null, 't'],
      ],
    ],
    [
      { video: 'a', audio: 's', media: media('video a', 'video b', 'audio s') },
      [
        ['Video 1 of 2 with the sound', 'a', 's'],
        ['Video 2 of 2', 'b', null],
      ],
    ],
  ])('of %j is all of it', (prompt, expected) => {
    expect(mediaViews(prompt).map(({ name, video, audio }) => [name, video, audio])).toEqual(expected);
  });
});
