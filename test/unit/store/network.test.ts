/** Stores in folders of other machines. */
import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toldError } from '../../../src/editor/store-error.ts';
import { openStore, temporaryFolder } from './fixture.ts';

vi.mock('node:fs', { spy: true });
afterEach(() => vi.mocked(statfsSync).mockRestore());

it.skipIf(process.platform !== 'linux').each([
  [0x6969, 'NFS'],
  // As some versions of Node give it: signed.
  [0xff534d42 | 0, 'SMB'],
  [0x01021997, '9P'],
])('a store in a folder of type %i says what may happen', (type, name) => {
  const store = openStore();
  expect(store.networkText()).toBeNull();
  vi.mocked(statfsSync).mockReturnValue({ type } as never);
  expect(store.networkText()).toContain(
    `The store is in a network folder (${name}). Open it from one machine at a time: two would damage it.`,
  );
});

describe.skipIf(process.platform !== 'linux' || spawnSync('cc', ['--version']).status !== 0)('a store', () => {
  it.each([
    [
      'has none',
      constants.errno.EOPNOTSUPP,
      'SQLITE_IOERR_LOCK',
      'its folder locks no files, as some network folders do not',
    ],
    // SQLite takes this for another program's lock, and waits for it.
    [
      'has lost its',
      constants.errno.ENOLCK,
      'SQLITE_BUSY',
      'another program holds it, or its network folder (NFS) locks no files',
    ],
  ])(
    'in a folder that locks no files is not opened, with the reason and what to do: its server %s',
    (_, errno, code, why) => {
      const folder = temporaryFolder();
      const file = join(folder, 'rollouts.db');
      openStore(file).close();
      const library = join(folder, 'no-locks.so');
      const processes = join(import.meta.dirname, 'processes');
      spawnSync('cc', ['-shared', '-fPIC', '-o', library, join(processes, 'no-locks.c'), '-ldl']);
      const { stderr, stdout } = spawnSync(process.execPath, [join(processes, 'open.ts'), file], {
        ...{ encoding: 'utf8', input: 'go\n', env: { ...process.env, LD_PRELOAD: library, LOCK_ERRNO: String(errno) } },
      });
      expect(stdout).toBe('ready\n');
      expect(stderr).toContain(`the store ${file} cannot be opened (${code}): ${why}.`);
      const told = /Error: (the store .+)$/mu.exec(stderr)![1];
      expect(told).toContain('Put it on a disk of this machine, and name that in rolloutLab.store, or with --db.');
      // The editor has words of its own for what SQLite says: they are not for this.
      expect(toldError(new Error(told)).message).toBe(told);
    },
  );
});
