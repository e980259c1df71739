import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { rolloutLine } from '../../../src/formats/rollout-lab.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import { recall, remember } from '../../../src/training/backends/remembered.ts';
import { mediaFolders } from '../../../src/video/media-folders.ts';
import { raw, temporaryFolder } from '../store/fixture.ts';
import { makeGroup, makePrompt } from '../store/rows.ts';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command line as it is bundled: `rolloutLab` gives its outcome, `json` its document when it succeeds. */
async function commandLine() {
  const cli = join(inject('dist'), 'cli.cjs');
  const rolloutLab = (...words: string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(process.execPath, [cli, ...words], (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  const json = async (...words: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await rolloutLab(...words, '--json');
    expect(code, stderr + stdout).toBe(0);
    return JSON.parse(stdout);
  };
  return { rolloutLab, json };
}

it(
  'imports, lists, labels, weighs and exports; --json prints one document, and exit codes tell',
  { timeout: 180_000 },
  async () => {
    const { rolloutLab, json } = await commandLine();
    const folder = temporaryFolder();
    const db = join(folder, '.rollout-lab/rollouts.db');
    const dump = join(folder, 'a.rollouts.jsonl');
    const prompt = makePrompt({ video: null });
    const tokens = {
      ids: new Int32Array([1, 2, 3]),
      offsets: new Int32Array([0, 6, 14]),
      logProbs: null,
      tokenizer: null,
    };
    const [first, second] = makeGroup(prompt, [1, 1], { completion: 'Plan. I look. So B.', tokens });
    const [words] = makeGroup(prompt, [0], { completion: 'Plan. I look. So B.', name: 'no tokens' });
    const lines = [first, second, words].map((rollout) => rolloutLine(prompt, rollout));
    writeFileSync(dump, `${lines.join('')}{"format":"rollout-lab/2"}\n`);

    expect(await json('import', dump, '--db', db)).toEqual({
      files: 1,
      rows: 3,
      rollouts: 3,
      prompts: 1,
      labels: 0,
      comments: 0,
      duplicates: 0,
      rejected: [{ file: dump, line: 4, reason: expect.stringContaining('rollout-lab/1') as string }],
      notes: [],
    });

    const page = (await json('list', 'rollouts', '--db', db, '--vanishing', '--limit', '1')) as {
      rows: unknown[];
      next: string;
    };
    expect(page.rows).toMatchObject([{ id: first.id, labelledBy: [] }]);
    expect(await json('list', 'rollouts', '--db', db, '--vanishing', '--after', page.next)).toMatchObject({
      rows: [{ id: second.id }],
      next: null,
    });
    expect(await json('list', 'rollouts', '--db', db, '--where', 'reward:<1 -tokens:3')).toMatchObject({
      rows: [{ id: words.id }],
    });
    expect(await json('list', 'prompts', '--db', db, '--search', 'colour')).toMatchObject({
      rows: [{ id: prompt.id, rollouts: 3 }],
    });
    expect(await json('list', 'runs', '--db', db, '--limit', '1')).toEqual({ rows: [], next: null });

    const onFirst = ['--db', db, '--rollout', first.id];
    expect(await json('tas', ...onFirst)).toMatchObject({
      tokens: ['Plan. ', 'I look. ', 'So B.'],
      weights: [1.3, 1, 1.3],
      source: { units: 'tokens', weights: 'parabolic' },
    });
    await json('suggest', '--db', db);
    expect(await json('tas', ...onFirst)).toMatchObject({
      source: { weights: 'suggestion:rules', scheme: 'phase-warped' },
    });
    const grounding = [null, { start: 1, end: 2.5 }, null];
    await json('labels', 'set', ...onFirst, '--annotator', 'ann', '--boundaries', '6,14', '--grounding', ',1-2.5,');
    expect(await json('labels', 'show', ...onFirst)).toMatchObject({
      labels: [{ annotator: 'ann', boundaries: [6, 14], grounding }],
    });
    expect(await json('labels', 'history', ...onFirst)).toMatchObject({
      revisions: [{ action: 'set', before: null, after: { boundaries: [6, 14], grounding } }],
    });
    const by = ['--annotator', 'ann'];
    const { id } = (await json('comments', 'add', ...onFirst, ...by, '--body', 'Which one?', '--text', '6-13')) as {
      id: string;
    };
    const comment = { id, annotator: 'ann', body: 'Which one?', text: { start: 6, end: 13 }, video: null };
    expect(await json('comments', 'list', ...onFirst)).toMatchObject({ comments: [{ ...comment, resolved: null }] });
    await json('comments', 'resolve', '--db', db, '--comment', id, '--annotator', 'bo');
    expect(await json('comments', 'list', ...onFirst)).toMatchObject({ comments: [] });
    expect(await json('comments', 'list', ...onFirst, '--resolved')).toMatchObject({
      comments: [{ ...comment, resolved: { annotator: 'bo' } }],
    });
    expect(await json('labels', 'history', ...onFirst)).toMatchObject({
      comments: [{ change: 'add' }, { change: 'resolve', value: null }],
    });
    const misplaced = ['comments', 'add', ...onFirst, ...by, '--body', 'Here', '--text', '6 to 13'];
    expect(await rolloutLab(...misplaced)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /--text must be like 12-40[^]*\nrollout-lab comments add --help describes it\.\n$/u,
      ) as string,
    });
    expect(await json('tas', ...onFirst, '--scheme', 'phase-constant', '--lambda', '0.5')).toMatchObject({
      weights: [1.5, 1, 1.5],
      source: { units: 'tokens', weights: 'label:ann', boundaries: [6, 14] },
    });
    expect(await json('tas', '--db', db, '--rollout', words.id)).toMatchObject({ source: { units: 'words' } });

    expect(await json('phases', 'show', '--db', db)).toMatchObject({ phases: [{ name: 'planning' }, {}, {}] });
    const phases = join(folder, 'mine.json');
    writeFileSync(phases, '{"phases": [\n{"name": "look", "key": "1", "colour": "red", "weight": 3}]}');
    const refused = await rolloutLab('phases', 'set', '--db', db, '--file', phases);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${phases}:2: phases.0.weight`) as string,
    });

    const out = join(folder, 'labels.jsonl');
    expect(await json('export', 'labels', '--db', db, '--out', out)).toMatchObject({ labels: 1 });
    expect(
      await json('export', 'rollouts', '--db', db, '--out', join(folder, 'x.parquet'), '--format', 'trl'),
    ).toMatchObject({ rollouts: 3 });

    expect((await rolloutLab('agreement', '--db', db)).stdout).toContain('two annotators');
    await json('labels', 'set', ...onFirst, '--annotator', 'bo, b', '--boundaries', '6,19');
    const csv = join(folder, 'agreement.csv');
    expect(await json('agreement', '--db', db, '--csv', csv)).toMatchObject({
      annotators: ['ann', 'bo, b'],
      pairs: [{ a: 'ann', b: 'bo, b', rollouts: 1, figures: { boundarySimilarity: { value: 0.5, low: null } } }],
      csv,
    });
    const [header, ...table] = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(header).toMatch(/^scope,annotator_a,annotator_b,rollout,rollouts,kappa,alpha,boundary_similarity,/u);
    expect(table.map((row) => row.split(',')[0])).toEqual(['people', 'pair', 'rollout', 'rollout']);
    expect(table[3]).toContain(`rollout,ann,"bo, b",${first.id},1,`);
    expect((await rolloutLab('agreement', '--db', db)).stdout).toMatch(/Pk \(lower is better\)\n {2}all people: \d/u);

    const failed = await rolloutLab(
      'labels',
      'set',
      ...onFirst,
      '--annotator',
      'ann',
      '--boundaries',
      '14,6',
      '--json',
    );
    expect(failed).toMatchObject({ code: 1 });
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: expect.stringContaining('must not decrease') as string });
    expect(await rolloutLab('tas', '--db', join(folder, 'none.db'), '--rollout', 'r')).toMatchObject({
      code: 1,
      stdout: '',
    });
    for (const wrong of [
      ['fly'],
      ['tas', '--db', db],
      ['list', 'rollouts', '--db', db, '--limit', 'x'],
      ['list', 'rollouts', '--db', db, '--where', 'rewrd:1'],
      ['list', 'rollouts', '--db', db, '--descending'],
      ['import', '--db', db],
      ['tas', '--fast'],
    ]) {
      expect(await rolloutLab(...wrong)).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await rolloutLab('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('labels set') as string,
    });
    expect(await rolloutLab('train', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('tas-linear-decay') as string,
    });
  },
);

it('lists in the order of a column, tags, and exports the prompts of a query', async () => {
  const { json } = await commandLine();
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const dump = join(folder, 'a.rollouts.jsonl');
  const prompt = makePrompt({ video: null });
  const [right, wrong] = makeGroup(prompt, [1, 0]);
  writeFileSync(dump, [right, wrong].map((rollout) => rolloutLine(prompt, rollout)).join(''));
  await json('import', dump, '--db', db);

  const sorted = ['list', 'rollouts', '--db', db, '--sort', 'reward'];
  expect(await json(...sorted)).toMatchObject({ rows: [{ id: wrong.id }, { id: right.id }] });
  expect(await json(...sorted, '--descending', '--limit', '1')).toMatchObject({ rows: [{ id: right.id }] });

  const tag = ['labels', 'tag', '--db', db, '--rollout', right.id, '--annotator', 'ana', '--tag', 'Hack'];
  expect(await json(...tag)).toMatchObject({ tags: [{ annotator: 'ana', tag: 'hack' }] });
  expect(await json('list', 'rollouts', '--db', db, '--where', 'tag:hack')).toMatchObject({ rows: [{ id: right.id }] });
  expect(await json(...tag, '--remove')).toMatchObject({ tags: [] });

  const out = ['export', 'prompts', '--db', db, '--out', join(folder, 'hard.jsonl'), '--where'];
  expect(await json(...out, 'pass:0.2..0.8')).toMatchObject({ format: 'dataset', prompts: 1 });
  expect(await json(...out, 'pass:0')).toMatchObject({ prompts: 0 });
  expect(await json('list', 'prompts', '--db', db, '--where', 'pass:0')).toMatchObject({ rows: [] });
});

it('an import of a file of no known format fails with a guess of its columns, and --map reads it', async () => {
  const { rolloutLab } = await commandLine();
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const file = join(folder, 'a.jsonl');
  writeFileSync(file, '{"prompt": "What?", "$(model) output": "It is a ball.", "score": 1, "ground_truth": "ball"}\n');
  const guess = 'prompt=prompt,completion=$(model) output,reward=score,answer=ground_truth';
  const { code, stdout } = await rolloutLab('import', file, '--db', db);
  expect(code).toBe(1);
  expect(stdout).toContain('its columns are prompt, $(model) output, score, ground_truth');
  expect(stdout).toContain(`--map '${guess}'`);
  expect(stdout).toContain('1  prompt: What? | completion: It is a ball. | reward: 1 | answer: ball');
  const read = (map: string, ...more: string[]) => rolloutLab('import', file, '--db', db, '--map', map, ...more);
  expect(await read('prompt=question')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('there is no column “question”; its columns are prompt, ') as string,
  });
  for (const wrong of [read('prompt'), read('text=prompt'), read(guess, '--format', 'verl')])
    expect((await wrong).code).toBe(2);
  expect(await read(guess)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 file: 1 new rollout, 1 new prompt, 0 new labels') as string,
  });
});

it('shows names and errors as text: what would act on a terminal is a sign, and in JSON an escape', async () => {
  const { rolloutLab, json } = await commandLine();
  const folder = temporaryFolder();
  const db = join(folder, 'rollouts.db');
  const hostile = '\u001b[2J\u202etxt\u009b';
  const signs = '␛[2J⟨U+202E⟩txt⟨U+009B⟩';
  const dump = join(folder, `${hostile}.rollouts.jsonl`);
  const prompt = makePrompt({ dataset: hostile, question: `Which ${hostile}?` });
  const [rollout] = makeGroup(prompt, [1], { policy: hostile, completion: 'Plan. I look. So B.' });
  writeFileSync(dump, `${rolloutLine(prompt, rollout)}{"format":"rollout-lab/1","rollout":{"policy":"${hostile}"}}\n`);
  const acting = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;
  const shown = async (...words: string[]): Promise<string> => {
    const { stdout, stderr } = await rolloutLab(...words);
    expect(stdout + stderr).not.toMatch(acting);
    return stdout + stderr;
  };

  const imported = await shown('import', dump, '--db', db);
  expect(imported).toContain(`1/1 ${join(folder, signs)}.rollouts.jsonl: 1 rollout`);
  expect(imported).toContain(`  ${join(folder, signs)}.rollouts.jsonl:2: `);
  for (const annotator of [hostile, 'bo'])
    await json('labels', 'set', '--db', db, '--rollout', rollout.id, '--annotator', annotator, '--boundaries', '6,14');
  expect(await shown('agreement', '--db', db)).toContain(signs);
  expect(await shown('labels', 'show', '--db', db, '--rollout', hostile)).toContain(`there is no rollout ${signs}`);
  expect(await shown(hostile)).toContain(`there is no command “${signs}”`);
  await shown('labels', 'show', '--db', db, '--rollout', hostile, '--json');

  for (const format of [[], ['--json']]) {
    const listed = await shown('list', 'prompts', '--db', db, ...format);
    expect(JSON.parse(listed)).toMatchObject({ rows: [{ dataset: hostile, question: `Which ${hostile}?` }] });
  }
});

it('imports a dump again with labels kept, and tells what stayed', async () => {
  const { rolloutLab, json } = await commandLine();
  const folder = temporaryFolder();
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
  const [file, db] = [join(folder, '3.jsonl'), join(folder, 'rollouts.db')];
  const write = (...outputs: string[]): void =>
    writeFileSync(
      file,
      outputs.map((output, i) => JSON.stringify({ input: 'Which?', output, score: i, step: 3 })).join('\n'),
    );
  write('Plan. A', 'Plan. B', 'Plan. C');
  await json('import', file, '--db', db);
  const { rows } = (await json('list', 'rollouts', '--db', db)) as { rows: { id: string }[] };
  for (const { id } of rows)
    await json('labels', 'set', '--db', db, '--rollout', id, '--annotator', 'bo', '--boundaries', '5,7');
  write('Plan. B', 'Plan. C!');
  expect(await json('import', file, '--db', db, '--update')).toMatchObject({
    ...{ rollouts: 0, duplicates: 0 },
    updated: {
      ...{ rollouts: 2, found: { id: 1, text: 0, part: 1, place: 0 }, unmatched: 1 },
      left: [{ file, rollout: rows[0].id }],
    },
  });
  const { stdout } = await rolloutLab('import', file, '--db', db, '--update');
  expect(stdout).toContain(
    '\n0 brought up to date, 1 that their files do not hold any more stay\n  found again: 2 by their ids\n',
  );
  expect(stdout).toContain(`  ${file}: ${rows[0].id}: the file has nothing that is this rollout: it stays as it was`);
  expect(await json('labels', 'show', '--db', db, '--rollout', rows[2].id)).toMatchObject({
    labels: [{ boundaries: [5, 7] }],
  });
});

it('checks, backs up and restores a store, and says when it has lost edits', async () => {
  const { rolloutLab, json } = await commandLine();
  const folder = temporaryFolder();
  const [db, dump] = [join(folder, 'rollouts.db'), join(folder, 'a.rollouts.jsonl')];
  const prompt = makePrompt({ video: null });
  const [rollout] = makeGroup(prompt, [1]);
  writeFileSync(dump, rolloutLine(prompt, rollout));
  await json('import', dump, '--db', db);
  const set = (boundaries: string): Promise<unknown> =>
    json('labels', 'set', '--db', db, '--rollout', rollout.id, '--annotator', 'ann', '--boundaries', boundaries);
  await set('1,2');
  const { backup } = (await json('backup', '--db', db)) as { backup: string };
  await set('3,4');
  expect(await json('check', '--db', db)).toMatchObject({ faults: [], lost: 0, backups: [{ path: backup }] });

  copyFileSync(backup, db);
  const shown = await rolloutLab('labels', 'show', '--db', db, '--rollout', rollout.id);
  expect(shown.stderr).toContain(`the store ${db} has lost an edit`);
  expect(await json('restore', '--db', db)).toMatchObject({ from: null, edits: 1 });
  truncateSync(db, 5000);
  const checked = await rolloutLab('check', '--db', db);
  expect([checked.code, checked.stdout]).toEqual([
    1,
    expect.stringMatching(/is damaged:\n {2}its last \d+ bytes are gone/u),
  ]);
  const restored = await rolloutLab('restore', '--db', db);
  expect(restored.stdout).toMatch(/is restored from .*\nwhat was there is .*-damaged-.*\n1 edits brought back/u);
  expect(await json('labels', 'show', '--db', db, '--rollout', rollout.id)).toMatchObject({
    labels: [{ boundaries: [3, 4] }],
  });
});

it('downloads no PyTorch that nobody allowed', async () => {
  const { rolloutLab } = await commandLine();
  const folder = temporaryFolder();
  vi.stubEnv('XDG_DATA_HOME', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')]);
  const { code, stderr } = await rolloutLab('setup', 'torch', '--python', join(folder, 'venv/bin/python'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/has no .*torch.* GB, and .* GB on the disk, in .*rollout-lab\. Add --yes to allow it/u);
  expect(readdirSync(join(folder, 'rollout-lab'))).toEqual([]);
});

it('doctor measures a step on every backend that runs here, forgets what runs measured, and tells of the PyTorch engine', async () => {
  const data = temporaryFolder();
  vi.stubEnv('XDG_DATA_HOME', data);
  onTestFinished(() => void vi.unstubAllEnvs());
  await remember('key', [{ name: 'onnxruntime', milliseconds: 1 }]);
  expect(await recall('key')).not.toBeNull();
  const { json } = await commandLine();
  const { backends, ...rest } = (await json('doctor')) as { backends: { name: string; milliseconds?: number }[] };
  expect(backends.find(({ name }) => name === 'onnxruntime')!.milliseconds).toBeGreaterThan(0);
  expect(rest).toMatchObject({ node: process.version, store: null, ffmpeg: expect.stringMatching(/^\d/u) as string });
  expect(rest).toMatchObject({ torch: { cause: 'not set up' } });
  expect(await recall('key')).toBeNull();
});

it('imports for a user whose data folder cannot be made, and says whose media stay closed', async () => {
  const { rolloutLab } = await commandLine();
  const folder = temporaryFolder();
  const [store, dumps] = ['project', 'dumps'].map((name) => join(folder, name));
  mkdirSync(dumps);
  // Nothing can be made beneath a file, as in a home that is read-only.
  writeFileSync(join(folder, 'home'), '');
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'home'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const dump = join(dumps, 'a.rollouts.jsonl');
  const prompt = makePrompt({ video: 'a.mp4' });
  writeFileSync(dump, rolloutLine(prompt, makeGroup(prompt, [1])[0]));
  const { code, stdout, stderr } = await rolloutLab('import', dump, '--db', join(store, 'a.db'));
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 new rollout,')]);
  expect(stderr).toContain(`Videos and sounds in ${dumps} stay closed: `);
  expect(stderr).toContain('media-folders.jsonl cannot be written');
  expect(await mediaFolders(store)).toEqual([store]);
});

it('says once that it brings an old store up to date', async () => {
  const { rolloutLab } = await commandLine();
  const db = join(temporaryFolder(), 'rollouts.db');
  raw(db, (database) => migrate(database, migrations.slice(0, -2)));
  const listed = await rolloutLab('list', 'rollouts', '--db', db);
  expect(listed).toMatchObject({
    code: 0,
    stderr: `Bringing the store ${db} up to date…\n`,
  });
  expect(await rolloutLab('list', 'rollouts', '--db', db)).toEqual({ ...listed, stderr: '' });
});

it('remembers the folders that an import names, for what opens the media later', async () => {
  const { rolloutLab, json } = await commandLine();
  const folder = temporaryFolder();
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const [store, dumps, clips] = ['project', 'dumps', 'clips'].map((name) => join(folder, name));
  for (const path of [dumps, clips]) mkdirSync(path);
  const dump = join(dumps, 'a.rollouts.jsonl');
  const prompt = makePrompt({ video: 'a.mp4' });
  writeFileSync(join(clips, 'a.mp4'), '');
  writeFileSync(dump, rolloutLine(prompt, makeGroup(prompt, [1])[0]));
  const words = ['import', dump, '--db', join(store, 'a.db')];
  expect(await rolloutLab(...words, '--media', join(folder, 'nowhere'))).toMatchObject({ code: 1 });
  await json(...words, '--media', clips);
  expect(await mediaFolders(store)).toEqual([store, dumps, clips]);
});
