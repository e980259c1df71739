import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mediaFile, MediaOutsideError } from '../../../src/video/media-file.ts';
import { allowMediaFolders, mediaFolders } from '../../../src/video/media-folders.ts';

let folder: string;
let store: string;
const path = (...names: string[]): string => join(folder, ...names);

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rollout-lab-gate-')));
  vi.stubEnv('XDG_DATA_HOME', path('data'));
  store = path('project', '.rollout-lab');
  for (const name of ['project/.rollout-lab', 'project/clips', 'elsewhere/clips', 'projects']) {
    mkdirSync(path(name), { recursive: true });
  }
  for (const name of ['project/clips/a.mp4', 'elsewhere/clips/b.mp4', 'projects/c.mp4']) writeFileSync(path(name), '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const opened = async (...names: string[]): Promise<string> => mediaFile(path(...names), await mediaFolders(store));

it('lets in what lies in the project, also by another way', async () => {
  symlinkSync(path('project/clips'), path('project/link'));
  symlinkSync(path('project'), path('way'));
  const real = path('project/clips/a.mp4');
  expect(await opened('project/clips/a.mp4')).toBe(real);
  expect(await opened('project/link/a.mp4')).toBe(real);
  expect(await opened('way/clips/a.mp4')).toBe(real);
});

it('keeps out what lies elsewhere, however the path leads there, and names the folder to allow', async () => {
  symlinkSync(path('elsewhere'), path('project/out'));
  symlinkSync(path('elsewhere/clips/b.mp4'), path('project/clips/b.mp4'));
  for (const name of [
    'elsewhere/clips/b.mp4',
    'project/../elsewhere/clips/b.mp4',
    'project/out/clips/b.mp4',
    'project/clips/b.mp4',
  ]) {
    const refused = opened(name);
    await expect(refused, name).rejects.toThrow(/b\.mp4.* lies outside .*--media .*elsewhere\/clips$/);
    await expect(refused, name).rejects.toMatchObject({ folder: path('elsewhere/clips') });
    await expect(refused, name).rejects.toBeInstanceOf(MediaOutsideError);
  }
  // Its name only begins as the project's.
  await expect(opened('projects/c.mp4')).rejects.toThrow('lies outside');
});

it('lets in folders that the user named, once for all, for this project alone', async () => {
  symlinkSync(path('elsewhere/clips'), path('named'));
  await allowMediaFolders(store, [path('named')]);
  await allowMediaFolders(store, [path('projects/c.mp4'), path('project/clips')]);
  expect(await opened('elsewhere/clips/b.mp4')).toBe(path('elsewhere/clips/b.mp4'));
  expect(await opened('projects/c.mp4')).toBe(path('projects/c.mp4'));
  const here = await mediaFolders(store);
  expect(here).toEqual([path('project'), path('elsewhere/clips'), path('projects')]);
  expect(await mediaFolders(path('projects'), [path('project')])).toEqual([path('projects'), path('project')]);
  await expect(allowMediaFolders(store, [path('nowhere')])).rejects.toThrow('nowhere');
  expect(await mediaFolders(store)).toEqual(here);
});

it('takes only regular files', async () => {
  execFileSync('mkfifo', [path('project/pipe.mp4')]);
  symlinkSync('/dev/zero', path('project/zero.mp4'));
  await expect(opened('project/pipe.mp4')).rejects.toThrow(/pipe\.mp4: is not a regular file/);
  await expect(opened('project/clips')).rejects.toThrow(/clips: is not a regular file/);
  await expect(mediaFile(path('project/zero.mp4'), ['/'])).rejects.toThrow(/zero\.mp4: is not a regular file/);
  await expect(opened('project/none.mp4')).rejects.toThrow(/none\.mp4: No such file or directory/);
});

it('says which line of its list is faulty', async () => {
  await allowMediaFolders(store, [path('elsewhere')]);
  appendFileSync(path('data/rollout-lab/media-folders.jsonl'), '{"store": 1}\n');
  await expect(mediaFolders(store)).rejects.toThrow(
    /media-folders\.jsonl:2: names no folder of media: delete the line/,
  );
});
