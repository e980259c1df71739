/** Labels in other tools' files: what is written reads back, and is what those tools' own readers accepted. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { defaultPhases, insideCodePoint, type Label } from '../../../src/domain/phase.ts';
import { exportLabels } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { ImportReport } from '../../../src/formats/import-report.ts';
import { labelExports, writeLabels, writesFolder, type LabelExport } from '../../../src/formats/label-write.ts';
import type { Written } from '../../../src/formats/written.ts';
import type { SuggestionSource } from '../../../src/domain/suggestion/suggestion.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const golden = join(import.meta.dirname, '../../golden/labels');
const fileNames: Record<LabelExport, string> = {
  'rollout-lab': 'labels.jsonl',
  csv: 'labels.csv',
  eaf: 'eaf',
  'label-studio': 'labels.json',
  webvtt: 'webvtt',
};
const others = labelExports.filter((format) => format !== 'rollout-lab');

/** Pieces that offsets, quoting and mark-up stumble over. */
const piece = fc.constantFrom(
  ...[
    'Plan. ',
    'I see 🎬👩‍👩‍👧. ',
    '見る。',
    'אני רואה ',
    '\n',
    '\r\n',
    '\n\n',
    '"',
    ',',
    ' & <b>',
    ' --> ',
    ']]>',
    '\u0000',
    '\t',
    '=1+1',
    ' ',
  ],
);
const completion = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const seconds = fc.double({ min: 0, max: 7200, noNaN: true });
const span = fc
  .tuple(seconds, seconds)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

const score = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
const origin = fc.record({
  source: fc.constantFrom<SuggestionSource>('rules', 'tagger', 'agent:night-reader'),
  scores: fc.tuple(score, score),
});

function labelOf(text: string): fc.Arbitrary<Label> {
  const offset = fc.nat(text.length).map((at) => (insideCodePoint(text, at) ? at - 1 : at));
  return fc.record({
    boundaries: fc.tuple(offset, offset).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]),
    grounding: fc.array(fc.option(span), { minLength: 3, maxLength: 3 }),
    origin: fc.option(origin, { nil: undefined }),
  });
}

const annotators = ['ann', '=bo@example.org', '見 “x”, <y> & --> 🎬'];
const labelled = completion.chain((text) =>
  fc.record({ text: fc.constant(text), labels: fc.array(labelOf(text), { minLength: 1, maxLength: 3 }) }),
);
const project = fc.array(labelled, { minLength: 1, maxLength: 4 });

/** A store with a rollout for each text, and the same without the labels. */
function stores(rows: readonly { text: string; labels: Label[] }[]): { full: Store; bare: Store; ids: string[] } {
  const prompt = makePrompt({ video: '/media/clip 1 & more.mp4' });
  const rollouts = rows.flatMap(({ text }, i) => makeGroup(prompt, [1], { completion: text, name: String(i) }));
  const [full, bare] = [openStore(), openStore()];
  for (const store of [full, bare]) store.addRollouts([prompt], rollouts);
  for (const [i, { labels }] of rows.entries()) {
    for (const [j, label] of labels.entries()) {
      full.labels.set({ rolloutId: rollouts[i].id, annotator: annotators[j], ...label });
    }
  }
  return { full, bare, ids: rollouts.map(({ id }) => id) };
}

const labelsOf = (store: Store, ids: readonly string[]): unknown[] =>
  ids.flatMap((id) =>
    store.labels.of(id).map(({ rolloutId, annotator, boundaries, grounding, origin }) => ({
      rolloutId,
      annotator,
      boundaries,
      grounding,
      origin,
    })),
  );

describe.each(labelExports)('labels as %s', (format) => {
  it('read back as they were, and add nothing the second time', async () => {
    await fc.assert(
      fc.asyncProperty(project, async (rows) => {
        const { full, bare, ids } = stores(rows);
        const out = join(temporaryFolder(), fileNames[format]);
        const count = await exportLabels(full, out, format);
        const written = labelsOf(full, ids);
        expect(count).toBe(written.length);
        expect(await importFiles(bare, [out])).toMatchObject({ labels: count, rejected: [] });
        expect(labelsOf(bare, ids)).toEqual(written);
        const revision = bare.labels.latestRevision();
        expect(await importFiles(bare, [out])).toMatchObject({ labels: 0, rejected: [] });
        expect(bare.labels.latestRevision()).toBe(revision);
      }),
      { numRuns: 25, seed: 4 },
    );
  });

  it('leave what an annotator has labelled since', async () => {
    const { full, bare, ids } = stores([
      { text: 'Plan. Look. So B.', labels: [{ boundaries: [6, 12], grounding: [null, null, null] }] },
    ]);
    const out = join(temporaryFolder(), fileNames[format]);
    await exportLabels(full, out, format);
    bare.labels.set({ rolloutId: ids[0], annotator: 'ann', boundaries: [1, 2] });
    await importFiles(bare, [out]);
    expect(bare.labels.get(ids[0], 'ann').boundaries).toEqual([1, 2]);
  });
});

/** What other programs' readers accepted (test/golden/labels.py), byte for byte. */
const accepted: Written[] = (() => {
  const prompt = makePrompt({ video: '/media/clips/001.mp4' });
  const [first, second] = makeGroup(prompt, [1, 0], {
    completion:
      '<think>I plan: “first”, then look 🎬.\n\nAt 0:03 a red & green shape enters. אז 見る, so B.</think>\n<answer>B</answer>',
  });
  const savedAt = '2026-01-02T03:04:05.678Z';
  return [
    {
      prompt,
      rollout: first,
      labels: [
        {
          annotator: 'ann',
          boundaries: [41, 76],
          grounding: [null, { start: 3, end: 4.5 }, { start: 1 / 3, end: 3.25 }],
          savedAt,
        },
        {
          annotator: 'bo@example.org',
          boundaries: [0, 76],
          grounding: [null, { start: 2.9996, end: 3600 }, null],
          origin: { source: 'tagger', scores: [null, 0.9375] },
          savedAt,
        },
      ],
    },
    { prompt, rollout: second, labels: [{ annotator: '見 “x”', boundaries: [40, 40], savedAt }] },
  ];
})();

describe('what independent readers accepted', () => {
  it.each(others)('is what is written as %s', async (format) => {
    const out = join(temporaryFolder(), fileNames[format]);
    await writeLabels(out, format, accepted, defaultPhases);
    const files = writesFolder(format)
      ? readdirSync(out).map((name) => [join(out, name), name])
      : [[out, fileNames[format]]];
    if (format === 'label-studio') files.push([out.replace('.json', '.xml'), 'labels.xml']);
    for (const [file, name] of files) {
      await expect(readFileSync(file, 'utf8')).toMatchFileSnapshot(join(golden, name));
    }
  });
});

it.each(others.filter(writesFolder))('as %s overwrites no file, and no folder with files in it', async (format) => {
  const folder = temporaryFolder();
  const taken = join(folder, 'taken');
  writeFileSync(taken, 'mine');
  await expect(writeLabels(taken, format, accepted, defaultPhases)).rejects.toThrow('taken is a file');
  await expect(writeLabels(folder, format, accepted, defaultPhases)).rejects.toThrow('has files in it');
  expect(readFileSync(taken, 'utf8')).toBe('mine');
});

/** A store with one rollout that can be labelled, and an import of a file into it. */
async function importText(
  name: string,
  text: (id: string) => string,
  completion = 'Plan. 🎬 Look. So B.',
): Promise<{ store: Store; id: string; report: ImportReport }> {
  const { bare: store, ids } = stores([{ text: completion, labels: [] }]);
  const file = join(temporaryFolder(), name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text(ids[0]));
  return { store, id: ids[0], report: await importFiles(store, [file]) };
}

describe('a table that others made', () => {
  it('needs neither text nor code points, may be quoted, and has its columns in any order', async () => {
    const { store, id, report } = await importText('x.csv', (rollout) =>
      [
        '\uFEFF"phase","rollout","annotator","start","end"',
        `"synthesis","${rollout}","ann",15,21`,
        `"planning","${rollout}","ann",0,6`,
        `"evidence","${rollout}","ann",6,15`,
      ].join('\r\n'),
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'ann').boundaries).toEqual([6, 15]);
  });

  it.each([
    ['semicolons and decimal commas', ';', ','],
    ['tabs', '\t', '.'],
    ['tabs and decimal commas', '\t', ','],
  ])('may have %s, as spreadsheets write it', async (_, separator, mark) => {
    const columns = ['rollout', 'annotator', 'phase', 'start', 'end', 'from_seconds', 'to_seconds', 'text'];
    const { store, id, report } = await importText('x.csv', (rollout) =>
      [
        columns,
        [rollout, 'ann', 'planning', '0', '6', `0${mark}5`, `1${mark}25`, '"Plan; 1,5"'],
        [rollout, 'ann', 'evidence', '6', '15', '', '', '"Look\t"'],
        [rollout, 'ann', 'synthesis', '15', '21', '4', `5${mark}0`, ''],
      ]
        .map((row) => row.join(separator))
        .join('\r\n'),
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'ann')).toMatchObject({
      boundaries: [6, 15],
      grounding: [{ start: 0.5, end: 1.25 }, null, { start: 4, end: 5 }],
    });
  });

  it.each([
    ['a phase is missing', ['planning,0,6,', 'evidence,6,21,'], /no row for synthesis/u],
    ['a phase is not the project’s', ['planning,0,6,', 'evidence,6,15,', 'summary,15,21,'], /no phase “summary”/u],
    [
      'phases leave text out',
      ['planning,0,6,', 'evidence,7,15,', 'synthesis,15,21,'],
      /evidence starts at 7, not at 6/u,
    ],
    [
      'a boundary is inside a character',
      ['planning,0,7,', 'evidence,7,15,', 'synthesis,15,21,'],
      /inside a code point/u,
    ],
    [
      'it comes from two suggestions',
      ['planning,0,6,rules', 'evidence,6,15,tagger', 'synthesis,15,21,'],
      /evidence has another suggested_by/u,
    ],
    ['an offset is no number', ['planning,0,six,', 'evidence,6,15,', 'synthesis,15,21,'], /end: not a number/u],
  ])('is refused by line where %s, and the rest goes in', async (_, rows, reason) => {
    const { store, id, report } = await importText('x.csv', (rollout) =>
      [
        'rollout,annotator,phase,start,end,suggested_by',
        ...rows.map((row) => `${rollout},ann,${row}`),
        ...['planning,0,6,', 'evidence,6,15,', 'synthesis,15,21,'].map((row) => `${rollout},bo,${row}`),
      ].join('\n'),
    );
    expect(report.rejected).toMatchObject([{ line: 2, reason: expect.stringMatching(reason) as string }]);
    expect(store.labels.of(id).map(({ annotator }) => annotator)).toEqual(['bo']);
  });

  it('with a quote that does not end is refused by line', async () => {
    const { report } = await importText('x.csv', () => 'rollout,annotator,phase,start,end\na,"b,c,0,1\n');
    expect(report.rejected).toMatchObject([{ line: 2, reason: expect.stringMatching(/^not CSV: /u) as string }]);
  });
});

describe('what people changed in other programs', () => {
  it('is a time in ELAN, a span taken away or given there', async () => {
    const written = accepted[0].rollout;
    const { store, id, report } = await importText(
      'x.eaf',
      (rollout) =>
        readFileSync(join(golden, `${written.id}.eaf`), 'utf8')
          .replaceAll(written.id, rollout)
          .replace('TIME_VALUE="3000"', 'TIME_VALUE="3040"')
          .replace(/<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2".*?<\/ANNOTATION>/su, ''),
      written.completion,
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'ann').grounding).toEqual([null, { start: 3.04, end: 4.5 }, null]);
  });

  it('is where ELAN’s times begin in the video', async () => {
    const written = accepted[0].rollout;
    const { store, id } = await importText(
      'x.eaf',
      (rollout) =>
        readFileSync(join(golden, `${written.id}.eaf`), 'utf8')
          .replaceAll(written.id, rollout)
          .replace('<MEDIA_DESCRIPTOR ', '<MEDIA_DESCRIPTOR TIME_ORIGIN="2000" '),
      written.completion,
    );
    const spans = accepted[0].labels[0].grounding!;
    expect(spans.some((span) => span !== null)).toBe(true);
    expect(store.labels.get(id, 'ann').grounding).toEqual(
      spans.map((span) => span && { start: span.start + 2, end: span.end + 2 }),
    );
  });

  it('is a time of a subtitle, its hours left out', async () => {
    const written = accepted[0].rollout;
    const { store, id, report } = await importText(
      'x.vtt',
      (rollout) =>
        readFileSync(join(golden, `${written.id}.vtt`), 'utf8')
          .replaceAll(written.id, rollout)
          .replace(/00:00:03\.000 --> 00:(00:04\.500)/u, '01:03.000 --> $1')
          .replace('00:04.500', '01:04.500'),
      written.completion,
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'ann').grounding[1]).toEqual({ start: 63, end: 64.5 });
  });

  it('is a time of a subtitle', async () => {
    const written = accepted[0].rollout;
    const { store, id, report } = await importText(
      'x.vtt',
      (rollout) =>
        readFileSync(join(golden, `${written.id}.vtt`), 'utf8')
          .replaceAll(written.id, rollout)
          .replace('00:00:03.000', '00:01:03.000')
          .replace('00:00:04.500', '00:01:04.500'),
      written.completion,
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'ann').grounding).toEqual([
      null,
      { start: 63, end: 64.5 },
      { start: 1 / 3, end: 3.25 },
    ]);
  });

  const annotation = (regions: [number, number, string][]) => (rollout: string) =>
    JSON.stringify([
      {
        id: 1,
        data: { rollout, text: 'Plan. 🎬 Look. So B.' },
        annotations: [
          {
            id: 2,
            completed_by: 7,
            was_cancelled: false,
            result: regions.map(([start, end, label]) => ({
              id: 'x',
              type: 'labels',
              from_name: 'phase',
              to_name: 'text',
              value: { start, end, labels: [label] },
            })),
          },
        ],
      },
    ]);

  it('is a region in Label Studio, counted in code points; space between two goes to the first', async () => {
    const { store, id, report } = await importText(
      'x.json',
      annotation([
        [0, 5, 'planning'],
        [6, 13, 'evidence'],
        [14, 19, 'synthesis'],
      ]),
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'label-studio:7').boundaries).toEqual([6, 15]);
  });

  it('is a region in a text whose line ends Label Studio changed', async () => {
    const lines = ['Plan.', '🎬 Look', 'So B.'];
    const task = (end: string) => (rollout: string) => {
      const [first, second] = [5 + end.length, 11 + 2 * end.length];
      const written = annotation([
        [0, first, 'planning'],
        [first, second, 'evidence'],
        [second, second + 5, 'synthesis'],
      ])(rollout);
      return written.replace('"Plan. 🎬 Look. So B."', JSON.stringify(lines.join(end)));
    };
    for (const [there, here] of [
      ['\n', '\r\n'],
      ['\r\n', '\n'],
      ['\n', '\r'],
    ]) {
      const { store, id, report } = await importText('x.json', task(there), lines.join(here));
      expect(report.rejected).toEqual([]);
      const { boundaries } = store.labels.get(id, 'label-studio:7');
      expect(boundaries).toEqual([5 + here.length, 12 + 2 * here.length]);
    }
    const { report } = await importText('x.json', task('\n'), 'Plan.\r\n🎬 Look\r\nSo A.');
    expect(report.rejected).toMatchObject([
      { line: 1, reason: 'its text is not the rollout’s completion: from character 18 it is “B.”, not “A.”' },
    ]);
  });

  it('is a relation, a rating or whatever else beside the label', async () => {
    const task = annotation([
      [0, 6, 'planning'],
      [6, 14, 'evidence'],
      [14, 19, 'synthesis'],
    ]);
    const more = [
      { from_id: 'x', to_id: 'y', type: 'relation', direction: 'right' },
      { id: 'r', type: 'rating', from_name: 'quality', to_name: 'text', value: { rating: 4 } },
      { id: 'n', type: 'number', value: null },
    ];
    const { store, id, report } = await importText('x.json', (rollout) =>
      task(rollout).replace('"result":[', `"result":[${more.map((one) => JSON.stringify(one)).join(',')},`),
    );
    expect(report.rejected).toEqual([]);
    expect(store.labels.get(id, 'label-studio:7').boundaries).toEqual([6, 15]);
  });

  it('is exported from Label Studio as JSON, not as JSON-MIN', async () => {
    const minimal = { id: 1, text: 'Plan.', annotator: 'ann', annotation_id: 2, phase: [], span: [], lead_time: 12.5 };
    const { report } = await importText('x.json', (rollout) => JSON.stringify([{ ...minimal, rollout }]));
    expect(report.rejected).toMatchObject([{ reason: expect.stringContaining('as JSON, not JSON-MIN') as string }]);
  });

  it.each([
    [
      'text is in no phase',
      [
        [0, 5, 'planning'],
        [14, 19, 'synthesis'],
      ],
      /“🎬 Look\.” is in no phase/u,
    ],
    [
      'phases are out of order',
      [
        [0, 5, 'evidence'],
        [5, 19, 'planning'],
      ],
      /planning comes after evidence/u,
    ],
    [
      'regions overlap',
      [
        [0, 8, 'planning'],
        [5, 19, 'evidence'],
      ],
      /begins inside/u,
    ],
    ['a region leads out of the text', [[0, 99, 'planning']], /no text from 0 to 99/u],
    ['a label is of another project', [[0, 19, 'person']], /no phase “person”/u],
  ] as [string, [number, number, string][], RegExp][])('is refused where %s', async (_, regions, reason) => {
    const { store, id, report } = await importText('x.json', annotation(regions));
    expect(report.rejected).toMatchObject([{ line: 1, reason: expect.stringMatching(reason) as string }]);
    expect(store.labels.of(id)).toEqual([]);
  });
});

describe('hostile files', () => {
  it('that define entities are refused unread', async () => {
    const { report } = await importText(
      'x.eaf',
      () =>
        '<?xml version="1.0"?><!DOCTYPE ANNOTATION_DOCUMENT [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>' +
        '<ANNOTATION_DOCUMENT><HEADER><PROPERTY NAME="rollout-lab label 1">&b;&x;</PROPERTY></HEADER></ANNOTATION_DOCUMENT>',
    );
    expect(report.rejected).toMatchObject([{ line: 1, reason: expect.stringMatching(/entity/u) as string }]);
  });

  it('of subtitles and of ELAN that were not exported from here hold no labels', async () => {
    const other = await importText('x.eaf', () => '<ANNOTATION_DOCUMENT><HEADER/><TIME_ORDER/></ANNOTATION_DOCUMENT>');
    expect(other.report.rejected).toMatchObject([{ reason: expect.stringMatching(/exported from here/u) as string }]);
    const subtitles = await importText('x.vtt', () => 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n');
    expect(subtitles.report.rejected).toMatchObject([{ reason: expect.stringMatching(/without the NOTE/u) as string }]);
  });

  it.each(others)('as %s with any byte changed never throw, nor break a label', async (format) => {
    const out = join(temporaryFolder(), fileNames[format]);
    const { full, bare, ids } = stores([
      {
        text: 'Plan. 🎬 Look. So B.',
        labels: [{ boundaries: [6, 15], grounding: [{ start: 1, end: 2 }, null, null] }],
      },
    ]);
    await exportLabels(full, out, format);
    const file = writesFolder(format) ? join(out, readdirSync(out)[0]) : out;
    const bytes = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        async (at, byte, cut) => {
          const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
          if (!cut) damaged[at] = byte;
          writeFileSync(file, damaged);
          await importFiles(bare, [file]);
          for (const { boundaries } of bare.labels.of(ids[0])) expect(boundaries).toHaveLength(2);
        },
      ),
      { numRuns: 60, seed: 4 },
    );
  });
});
