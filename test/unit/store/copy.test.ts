import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, utimesSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

const processNamed = (name: string): string => join(import.meta.dirname, 'processes', name);

/** A closed store of about `mebibytes`, and the id of a rollout in it. */
function bigStore(mebibytes: number): { file: string; rolloutId: string } {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = Store.open(file);
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, new Array<number>(mebibytes).fill(1), {
    tokens: { ids: new Int32Array(1 << 18), offsets: null, logProbs: null, tokenizer: null },
  });
  store.addRollouts([prompt], rollouts);
  store.close();
  return { file, rolloutId: rollouts[0].id };
}

describe('a copy of a store', () => {
  it('is made while another process writes all the time, and holds one moment of it', async () => {
    const { file, rolloutId } = bigStore(4);
    const writer = spawn(process.execPath, [processNamed('label-forever.ts'), file, rolloutId, 'ann']);
    const closed = once(writer, 'close');
    onTestFinished(async () => {
      writer.kill('SIGKILL');
      await closed;
    });
    await once(writer.stdout, 'data');
    const copy = join(dirname(file), 'copy.db');
    openStore(file).backup(copy);
    const store = openStore(copy);
    const [newest] = store.labels.history(rolloutId).slice(-1);
    expect(newest.after).toEqual(
      expect.objectContaining({ boundaries: store.labels.get(rolloutId, 'ann').boundaries }),
    );
    expect(store.rollouts.page().rows).toHaveLength(4);
  });

  it('ends however often others write', async () => {
    const { file, rolloutId } = bigStore(4);
    const [store, other] = [openStore(file), openStore(file)];
    const ended: string[] = [];
    void Promise.resolve(store.backup(join(dirname(file), 'copy.db'))).then(() => ended.push('copy.db'));
    for (let i = 0; i < 200; i += 1) {
      other.statuses.flag(rolloutId, 'ann', i % 2 === 0);
      await setImmediate();
    }
    expect(ended).toEqual(['copy.db']);
  });

  it('is not there when its process was killed before it was whole', async () => {
    const { file } = bigStore(24);
    const copy = join(dirname(file), 'copy.db');
    const old = new Set(readdirSync(dirname(file)));
    const child = spawn(process.execPath, [processNamed('back-up.ts'), file, copy]);
    const watcher = watch(dirname(file), () => {
      const isNew = (name: string): boolean => !old.has(name) && !/-(?:wal|shm)$/u.test(name);
      if (readdirSync(dirname(file)).some(isNew)) child.kill('SIGKILL');
    });
    await once(child, 'close');
    watcher.close();
    if (existsSync(copy)) expect(openStore(copy).rollouts.page().rows).toHaveLength(24);
  });

  it('takes what killed processes left away, and nothing else', () => {
    const { file } = bigStore(1);
    const folder = dirname(file);
    const left = (name: string, hours: number): string => {
      const path = join(folder, name);
      writeFileSync(path, '');
      const then = Date.now() / 1000 - hours * 3600;
      utimesSync(path, then, then);
      return path;
    };
    const abandoned = left('old.db.01234567-89ab-cdef-0123-456789abcdef.unfinished-copy', 2);
    const log = left(`${basename(abandoned)}-journal`, 2);
    const kept = [
      left('new.db.01234567-89ab-cdef-0123-456789abcdef.unfinished-copy', 0),
      left('film.partial', 2),
      left('my.unfinished-copy', 2),
    ];
    openStore(file).backup(join(folder, 'copy.db'));
    expect([abandoned, log, ...kept].map((path) => existsSync(path))).toEqual([false, false, true, true, true]);
  });

  it('is written over nothing, and beside no other store’s log', () => {
    const { file } = bigStore(1);
    const copy = join(dirname(file), 'copy.db');
    const store = openStore(file);
    expect(() => store.backup(file)).toThrow(`${file} is there already`);
    writeFileSync(`${copy}-wal`, '');
    expect(() => store.backup(copy)).toThrow(`${copy}-wal is there already`);
  });

  // A limit on the size of files stands for a full disk.
  it.skipIf(process.platform === 'win32')(
    'leaves nothing when the disk is full, and an old store stays old',
    async () => {
      const { file } = bigStore(4);
      const inLittleRoom = async (name: string, ...args: string[]): Promise<string> => {
        const command = `ulimit -f 2048; exec "$0" "$@"`;
        const child = spawn('sh', ['-c', command, process.execPath, processNamed(name), ...args]);
        child.stdin.end('go\n');
        let said = '';
        child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
        await once(child, 'close');
        return said;
      };
      const copy = join(dirname(file), 'copy.db');
      expect(await inLittleRoom('back-up.ts', file, copy)).toContain(`the store cannot be copied to ${copy}`);
      expect(readdirSync(dirname(file))).toEqual(['rollouts.db']);

      const old = join(temporaryFolder(), 'old.db');
      raw(old, (database) => {
        migrate(database, migrations.slice(0, 3));
        database
          .prepare(
            "INSERT INTO runs (id, name, config, status, request, step, created_at) VALUES ('r-1', ?, '{}', '', '', 0, '')",
          )
          .run('x'.repeat(4 << 20));
      });
      expect(await inLittleRoom('open.ts', old)).toContain('old.db.v3.bak');
      expect(readdirSync(dirname(old))).toEqual(['old.db']);
      expect(raw(old, (database) => database.pragma('user_version', { simple: true }))).toBe(3);
    },
  );
});
