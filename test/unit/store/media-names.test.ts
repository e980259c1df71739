/** What media are called wherever the project lies. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ProjectPaths } from '../../../src/store/project-paths.ts';
import { temporaryFolder } from './fixture.ts';

it('a medium is called by its path from the project on, one elsewhere from the root on, and none by a path that leads out', () => {
  const project = temporaryFolder();
  mkdirSync(join(project, '.rollout-lab'));
  const paths = new ProjectPaths(join(project, '.rollout-lab/rollouts.db'));
  const named = [
    [join(project, 'clips/a b.mp4'), 'clips/a b.mp4'],
    [paths.kept(join(project, 'clips/a b.mp4'))!, 'clips/a b.mp4'],
    ['clips/1.mp4', 'clips/1.mp4'],
    ['./clips//1.mp4', 'clips/1.mp4'],
    ['/data/videos/1.mp4', 'data/videos/1.mp4'],
    ['../1.mp4', null],
    ['clips/../../1.mp4', null],
    ['clips/1..mp4', 'clips/1..mp4'],
  ] as const;
  for (const [path, name] of named) expect([path, paths.name(path)]).toEqual([path, name]);
});
