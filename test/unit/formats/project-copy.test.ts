import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { Store } from '../../../src/store/store.ts';
import { readClips } from '../../../src/training/avatar/clip-features.ts';
import { mediaFile } from '../../../src/video/media-file.ts';
import { mediaFolders } from '../../../src/video/media-folders.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from '../store/fixture.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample/clips');
const dump = join('.rollout-lab', 'rollouts.db');
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('XDG_DATA_HOME', at('data'));
  return () => vi.unstubAllEnvs();
});

const prompt = (id: string, video: string, audio?: string) => ({
  ...{ problem_id: id, problem: `How many in ${id}?`, data_type: 'video', problem_type: 'numerical', options: [] },
  ...{ solution: '<answer>2</answer>', path: audio === undefined ? video : { video, audio } },
});

/** A project with two of the sample's clips inside, one of them as a sound too, and one outside. */
async function makeProject(): Promise<void> {
  for (const name of ['project/clips', 'elsewhere']) mkdirSync(at(name), { recursive: true });
  const clips = ['001.mp4', '002.mp4'];
  for (const name of clips) cpSync(join(sample, name), at('project/clips', name));
  cpSync(at('project/clips', clips[0]), at('elsewhere/out.mp4'));
  const rows = [
    prompt('in', `clips/${clips[0]}`),
    prompt('sound', `clips/${clips[1]}`, `clips/${clips[0]}`),
    prompt('out', at('elsewhere/out.mp4')),
    prompt('lost', './clips/none.mp4'),
  ];
  writeFileSync(at('project/dataset.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const store = Store.open(at('project', dump));
  await importFiles(store, [at('project/dataset.jsonl')]);
  store.close();
}

/** What the store in `project` says of its prompts' media. */
function mediaIn(project: string): unknown[] {
  const store = Store.open(at(project, dump));
  const media = store.prompts.page().rows.map(({ sourceId, video, audio }) => [sourceId, video, audio]);
  store.close();
  return media;
}

const expected = (project: string): unknown[] => [
  ['in', at(project, 'clips/001.mp4'), null],
  ['sound', at(project, 'clips/002.mp4'), at(project, 'clips/001.mp4')],
  ['out', at('elsewhere/out.mp4'), null],
  ['lost', './clips/none.mp4', null],
];

it('a project that was copied plays, and trains on, its own clips, and needs no folder allowed', async () => {
  await makeProject();
  execFileSync('cp', ['-r', at('project'), at('copy')]);
  rmSync(at('project/clips'), { recursive: true });
  expect(mediaIn('copy')).toEqual(expected('copy'));
  const store = openStore(at('copy', dump));
  const folders = await mediaFolders(at('copy/.rollout-lab'));
  const prompts = store.prompts.page().rows.slice(0, 2);
  for (const { video } of prompts) expect(await mediaFile(video!, folders)).toBe(video);
  const prefix = {
    ...{ slots_per_second: 2, frame_values: 48, mel_bands: 16, max_slots: 24 },
    ...{ second_token_ids: null, frame_hidden: 0, mel_hidden: 0 },
  };
  const options = { folder: at('copy/.rollout-lab'), prefix, progress: () => undefined };
  const clips = await readClips(prompts, { ...options, signal: new AbortController().signal });
  expect([...clips.clips.keys()]).toEqual(prompts.map(({ id }) => id));
  await expect(mediaFile(at('elsewhere/out.mp4'), folders)).rejects.toThrow('lies outside');

  // A clip that was not there is found once it is; the prompts are the same ones.
  cpSync(at('copy/clips/001.mp4'), at('copy/clips/none.mp4'));
  expect(await importFiles(store, [at('copy/dataset.jsonl')])).toMatchObject({ prompts: 0, rejected: [] });
  expect(store.prompts.page().rows[3].video).toBe(at('copy/clips/none.mp4'));
});

it('a project that was moved, or is reached by a link, has its own clips too', async () => {
  await makeProject();
  renameSync(at('project'), at('moved'));
  expect(mediaIn('moved')).toEqual(expected('moved'));
  symlinkSync(at('moved'), at('way'));
  expect(mediaIn('way')).toEqual(expected('way'));
});

it('a store of an older version, with whole paths, keeps those inside its project from the folder on', async () => {
  await makeProject();
  const ids = raw(at('project', dump), (database) => {
    database.exec(`UPDATE prompts SET video = '${at('project')}/' || substr(video, 9) WHERE video LIKE 'project:%';
      UPDATE prompts SET audio = '${at('project')}/' || substr(audio, 9) WHERE audio LIKE 'project:%'`);
    return database.prepare('SELECT id FROM prompts ORDER BY n').pluck().all();
  });
  execFileSync('cp', ['-r', at('project'), at('early')]);
  expect(mediaIn('project')).toEqual(expected('project'));
  execFileSync('cp', ['-r', at('project'), at('copy')]);
  expect(mediaIn('copy')).toEqual(expected('copy'));
  expect(
    raw(at('copy', dump), (database) => database.prepare('SELECT id FROM prompts ORDER BY n').pluck().all()),
  ).toEqual(ids);
  // Copied before: whose project the paths were of is not known, so they stay until its dataset says.
  expect(mediaIn('early')).toEqual(expected('project'));
  await importFiles(openStore(at('early', dump)), [at('early/dataset.jsonl')]);
  expect(mediaIn('early').slice(0, 3)).toEqual(expected('early').slice(0, 3));
});

it('media that were moved within the project are found again by importing', async () => {
  await makeProject();
  mkdirSync(at('project/videos'));
  renameSync(at('project/clips'), at('project/videos/clips'));
  const store = openStore(at('project', dump));
  await importFiles(store, [at('project/dataset.jsonl')], { media: at('project/videos') });
  expect(store.prompts.page().rows[0].video).toBe(at('project/videos/clips/001.mp4'));
});

it('rollouts that were exported within their project play its clips wherever both are copied to, and nothing else is named so', async () => {
  await makeProject();
  const store = Store.open(at('project', dump));
  const prompts = store.prompts.page().rows;
  store.addRollouts(
    [],
    prompts.flatMap(({ id }) => makeGroup(makePrompt({ id }), [1])),
  );
  mkdirSync(at('project/exports'));
  const file = 'exports/all.rollouts.jsonl';
  await exportRollouts(store, at('project', file), 'rollout-lab');
  await exportRollouts(store, at('elsewhere/all.rollouts.jsonl'), 'rollout-lab');
  store.close();
  const videosIn = (text: string): unknown[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { prompt: { video: string } }).prompt.video);
  expect(videosIn(readFileSync(at('project', file), 'utf8'))).toEqual([
    '../clips/001.mp4',
    '../clips/002.mp4',
    at('elsewhere/out.mp4'),
    './clips/none.mp4',
  ]);
  expect(videosIn(readFileSync(at('elsewhere/all.rollouts.jsonl'), 'utf8'))[0]).toBe(at('project/clips/001.mp4'));

  // Into another store: the file's own project is where its clips may lie.
  execFileSync('cp', ['-r', at('project'), at('copy')]);
  rmSync(at('project'), { recursive: true });
  const other = openStore(at('other.db'));
  expect(await importFiles(other, [at('copy', file)])).toMatchObject({ rollouts: 4, rejected: [] });
  const videos = other.prompts.page().rows.map(({ video }) => video);
  expect(videos.slice(0, 3)).toEqual([at('copy/clips/001.mp4'), at('copy/clips/002.mp4'), at('elsewhere/out.mp4')]);

  // A path that leads out of the project is not followed.
  const line = readFileSync(at('copy', file), 'utf8').split('\n')[0];
  writeFileSync(at('copy', file), line.replace('../clips/001.mp4', '../../elsewhere/out.mp4'));
  const strict = openStore(at('strict.db'));
  await importFiles(strict, [at('copy', file)]);
  expect(strict.prompts.page().rows[0].video).toBe('../../elsewhere/out.mp4');
});
