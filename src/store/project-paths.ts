/** Paths of media as a store keeps them: one inside the project from its folder on, so that a project that was copied or moved has its own. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { contains } from './folders.ts';
import { projectFolder } from './place.ts';

/** What a path begins with that counts from the project's folder on; no file's own path does. */
const here = 'project:';

export class ProjectPaths {
  readonly #folder: string;
  /** The project's folder by its name, and with links resolved. */
  readonly folders: readonly string[];

  /** `store` is the store's file. */
  constructor(store: string) {
    this.#folder = projectFolder(dirname(resolve(store)));
    this.folders = [...new Set([this.#folder, existsSync(this.#folder) ? realpathSync(this.#folder) : this.#folder])];
  }

  /** As it is kept. A path outside the project, and one that was not found, stays as it is. */
  kept(path: string | null): string | null {
    if (path === null || !isAbsolute(path)) return path;
    const folder = this.folders.find((one) => contains(one, path));
    return folder === undefined ? path : here + relative(folder, path).replaceAll(sep, '/');
  }

  /** A kept path as one to open: absolute where it is in the project. */
  opened(path: string | null): string | null {
    return path?.startsWith(here) ? join(this.#folder, path.slice(here.length)) : path;
  }

  /** What a medium is called wherever the project lies: by its path from the project's folder on, or from the root where it is elsewhere; null where that leads out. */
  name(path: string): string | null {
    const kept = this.kept(path)!;
    const parts = kept
      .slice(kept.startsWith(here) ? here.length : 0)
      .replaceAll(sep, '/')
      .split('/');
    return parts.includes('..') ? null : parts.filter((part) => part !== '' && part !== '.').join('/');
  }

  /** Which of two paths of one thing is kept: a path that leads somewhere before one that does not, one in the project before one elsewhere. */
  better(old: string | null, now: string | null): string | null {
    if (old === null || now === null) return old ?? now;
    return this.#rank(now) > this.#rank(old) ? now : old;
  }

  #rank(path: string): number {
    const place = this.opened(path)!;
    return isAbsolute(place) && existsSync(place) ? 1 + Number(path.startsWith(here)) : 0;
  }
}
