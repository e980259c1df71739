import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { contentName } from '../../../src/formats/embedded-media.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { fixtures } from './fixture.ts';

interface Cell {
  bytes: Uint8Array | null;
  path: string | null;
}

/** As `datasets` writes a column of lists of Video() or Image(), and one of Audio(). */
const schema: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'messages', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'videos', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'audio', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
];

interface Row {
  messages: string;
  videos: Cell[];
  audio: Cell | null;
}

async function tableOf(rows: Row[]): Promise<string> {
  const file = join(temporaryFolder(), 'train-00000-of-00001.parquet');
  await parquetWriteRows({
    writer: fileWriter(file),
    rows: rows.map((row) => ({ ...row })),
    schema,
    columns: ['messages', 'videos', 'audio'].map((name) => ({ name })),
  });
  return file;
}

/** A file as ffmpeg makes it. */
function made(name: string, ...options: string[]): Uint8Array {
  const file = join(temporaryFolder(), name);
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', ...options, file]);
  return readFileSync(file);
}

const map = { prompt: ['messages'], video: ['videos'], audio: ['audio'] };

describe('media that a table holds as bytes', () => {
  it('that cannot be written where they are to lie are told with the folder and the cure', async () => {
    const file = join(fixtures, 'datasets/video-column.parquet');
    const extract = join(temporaryFolder(), 'a file');
    writeFileSync(extract, '');
    const { prompts, rejected } = await importFiles(openStore(), [file], { extract });
    expect(prompts).toBe(0);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining(`cannot be written to ${extract}: choose another folder (`),
    ]);
  });

  it.each(['video-column.parquet', 'video-r1-column.parquet'])(
    'of %s, as datasets writes it, are offered, and taken out on request for the prompts that are there',
    async (name) => {
      const file = join(fixtures, 'datasets', name);
      const store = openStore();
      const first = await importFiles(store, [file]);
      expect(first).toMatchObject({ prompts: 2, rejected: [], embedded: [{ file, rows: 2 }] });
      const before = store.prompts.page().rows;
      expect(before.map(({ video }) => video)).toEqual(['0.mp4', '1.mp4']);

      const extract = join(temporaryFolder(), 'new/folder');
      const counts: number[] = [];
      const report = await importFiles(store, [file], {
        extract,
        onProgress: ({ extracted }) => counts.push(extracted),
      });
      expect(report).toMatchObject({ prompts: 0, rejected: [], extracted: 2 });
      expect(report.embedded).toBeUndefined();
      expect(counts).toContain(1);
      const after = store.prompts.page().rows;
      expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      // Their bytes are the same.
      expect(new Set(after.map(({ video }) => basename(video!)))).toEqual(new Set(readdirSync(extract)));
      for (const { video } of after) {
        expect(dirname(video!)).toBe(extract);
        expect(basename(video!)).toBe(contentName({ name: 'x.mp4', bytes: readFileSync(video!) }));
      }
    },
  );

  it('of OmniBench’s parquet are taken out under the names that its reader gives them', async () => {
    const extract = temporaryFolder();
    const store = openStore();
    await importFiles(store, [join(fixtures, 'datasets/omnibench.parquet')], { extract });
    const [prompt] = store.prompts.page().rows;
    expect([prompt.video, prompt.audio].map((path) => dirname(path!))).toEqual([extract, extract]);
  });

  it('have the names of their kinds, without names of their own too, several of a row in order', async () => {
    const video = made('a.webm', 'testsrc=size=32x32:rate=5:d=1', '-c:v', 'libvpx');
    const still = made('a.png', 'testsrc=size=32x32', '-frames:v', '1');
    const sound = made('a.wav', 'sine=d=1');
    const file = await tableOf([
      {
        messages: 'What differs?',
        videos: [
          { bytes: video, path: null },
          { bytes: still, path: 'image.bin' },
          { bytes: sound, path: 'image.bin' },
        ],
        audio: { bytes: sound, path: null },
      },
    ]);
    const extract = temporaryFolder();
    const store = openStore();
    expect(await importFiles(store, [file], { map })).toMatchObject({ prompts: 1, rejected: [] });
    const { id } = store.prompts.page().rows[0];
    expect(await importFiles(store, [file], { map, extract })).toMatchObject({ prompts: 0, extracted: 4 });
    const [prompt] = store.prompts.page().rows;
    expect(prompt.id).toBe(id);
    const written = prompt.media!.map(({ path }) => path);
    expect(written.map((path) => path.split('.').at(-1))).toEqual(['webm', 'png', 'wav', 'wav']);
    expect(written.map((path) => readFileSync(path))).toEqual(
      [video, still, sound, sound].map((one) => Buffer.from(one)),
    );
    expect(prompt).toMatchObject({ video: written[0], audio: written[3] });
    // One content is one file.
    expect(readdirSync(extract)).toHaveLength(3);
  });

  it('of one name in two rows are two files', async () => {
    const cells = ['red', 'blue'].map((colour) => [
      { bytes: made('a.png', `color=${colour}:size=16x16`, '-frames:v', '1'), path: 'image.png' },
    ]);
    const file = await tableOf(cells.map((videos, i) => ({ messages: `Which is ${i}?`, videos, audio: null })));
    const store = openStore();
    await importFiles(store, [file], { map, extract: temporaryFolder() });
    const [a, b] = store.prompts.page().rows;
    expect(readFileSync(a.video!)).toEqual(cells[0][0].bytes);
    expect(readFileSync(b.video!)).toEqual(cells[1][0].bytes);
  });

  it('that are nothing to see or hear stay in it, with a note', async () => {
    const bytes = Buffer.from('<script>no medium</script>');
    const file = await tableOf([{ messages: 'What?', videos: [{ bytes, path: 'page.html' }], audio: null }]);
    const extract = temporaryFolder();
    const report = await importFiles(openStore(), [file], { map, extract });
    expect(report).toMatchObject({ prompts: 1, extracted: 0, embedded: [{ rows: 1 }] });
    expect(report.notes).toMatchObject([{ text: expect.stringContaining('no video, sound or picture') as string }]);
    expect(readdirSync(extract)).toEqual([]);
  });

  it('overwrite nothing, and leave nothing half-written when they are cancelled', async () => {
    const file = join(fixtures, 'datasets/video-column.parquet');
    const extract = temporaryFolder();
    const store = openStore();
    const cancel = new AbortController();
    const onProgress = ({ extracted }: { extracted: number }): void => {
      if (extracted === 1) cancel.abort(new Error('cancelled'));
    };
    const options = { extract, signal: cancel.signal, onProgress };
    await expect(importFiles(store, [file], options)).rejects.toThrow('cancelled');
    const [name, ...others] = readdirSync(extract);
    expect(others).toEqual([]);
    writeFileSync(join(extract, name), 'mine');
    const { rejected } = await importFiles(store, [file], { extract });
    expect(rejected).toMatchObject([{ reason: expect.stringContaining('is another file') as string }]);
    expect(readFileSync(join(extract, name), 'utf8')).toBe('mine');
    const elsewhere = join(extract, 'sub');
    mkdirSync(elsewhere);
    expect(await importFiles(store, [file], { extract: elsewhere })).toMatchObject({ extracted: 2, rejected: [] });
  });
});
