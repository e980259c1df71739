import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backendNames } from '../../src/domain/backend.ts';
import { presets } from '../../src/domain/run.ts';
import { tasSchemes } from '../../src/domain/tas.ts';
import { ruleNames } from '../../src/evaluation/rule.ts';
import { formats } from '../../src/formats/detect.ts';
import { bundleFile, bundleText } from '../../scripts/l10n.ts';
import { licencesFile, licencesText } from '../../scripts/licences.ts';
import { referenceFile, referenceText } from '../../scripts/reference.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
const sources = ['src', 'webview', 'scripts', 'test/unit', 'test/host', 'test/ui', 'test/golden'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|mjs|cjs|py)$/u.test(file))
    .map((file) => join(folder, file)),
);

const headings = (document: string): string[] =>
  [...read(document).matchAll(/^#+ (.+)$/gmu)].map(([, heading]) => heading);

/** A heading's anchor, as GitHub makes it. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** What the comments of a source file say; a comment that wraps is one line. */
const commentsOf = (file: string): string =>
  [...read(file).matchAll(/\/\*\*?[^]*?\*\/|(?:^|\s)(?:\/\/|#) .*$/gmu)]
    .map(([comment]) => comment.replace(/\s*\n\s*\*?\s*/gu, ' '))
    .join('\n');

describe('the documents', () => {
  it('are found, heading by heading, where comments cite them: docs/NAME.md, "Heading"', () => {
    const cited = sources.flatMap((file) =>
      [...commentsOf(file).matchAll(/docs\/[\w-]+\.md(?:, "([^"]+)")?/gu)].map(([citation, heading]) => ({
        file,
        citation,
        document: citation.split(',')[0],
        heading,
      })),
    );
    expect(cited.length).toBeGreaterThan(15);
    const lost = cited.filter(
      ({ document, heading }) =>
        !documents.includes(document) || (heading !== undefined && !headings(document).includes(heading)),
    );
    expect(lost.map(({ file, citation }) => `${file}: ${citation}`)).toEqual([]);
  });

  it('are cited by their whole path', () => {
    const names = documents.filter((file) => file.startsWith('docs/')).map((file) => file.slice('docs/'.length));
    const bare = sources.flatMap((file) =>
      [...commentsOf(file).matchAll(/(?<![\w/.-])[\w-]+\.md\b/gu)]
        .filter(([name]) => names.includes(name) || /^(?:engine|platform|ui|style)\.md$/u.test(name))
        .map(([name]) => `${file}: ${name}`),
    );
    expect(bare).toEqual([]);
  });

  it('lead only to what is there', () => {
    const dead = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\(([^)\s]+)\)/gu)].flatMap(([, target]) => {
        if (/^https?:/u.test(target)) return [];
        const [path, place] = target.split('#');
        const file = path === '' ? document : relative(root, resolve(root, dirname(document), path));
        const there = existsSync(join(root, file));
        const found = there && (place === undefined || headings(file).map(anchor).includes(place));
        return found ? [] : [`${document}: ${target}`];
      }),
    );
    expect(dead).toEqual([]);
  });

  it('name for each promise a test that is there', () => {
    const rows = read('docs/promises.md')
      .split('\n')
      .filter((line) => /^\| (?!promise )/u.test(line));
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows) {
      const shown = [...row.matchAll(/`(test\/[\w./-]+\.test\.ts)`: ((?:“[^”]+”(?:, (?=“))?)+)/gu)];
      expect(shown, row).not.toEqual([]);
      for (const [, file, titles] of shown)
        for (const [, title] of titles.matchAll(/“([^”]+)”/gu)) expect(read(file), row).toContain(title);
    }
  });

  it('name only files that are there', () => {
    const named = documents.flatMap((document) =>
      [...read(document).matchAll(/`((?:src|webview|scripts|test|media|docs)\/[\w./-]+)`/gu)].map(([, path]) => ({
        document,
        path,
      })),
    );
    expect(named.length).toBeGreaterThan(50);
    const lost = named.filter(({ path }) => !path.includes('NAME') && !existsSync(join(root, path)));
    expect(lost).toEqual([]);
  });

  it.each([
    ['formats', formats.map(({ name }) => name)],
    ['backends', backendNames],
    ['runs', presets],
    ['algorithm', tasSchemes],
    ['evaluation', ruleNames],
  ])('name every one there is: docs/%s.md', (document, names) => {
    const text = read(`docs/${document}.md`);
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('are all in README’s table', () => {
    const listed = [...read('README.md').matchAll(/\]\((docs\/[\w-]+\.md|CONTRIBUTING\.md)\)/gu)].map(
      ([, file]) => file,
    );
    expect(documents.filter((file) => file !== 'README.md' && !listed.includes(file))).toEqual([]);
  });

  it('begin with a README of at most 700 words', () => {
    const words = read('README.md')
      .replace(/\]\([^)]*\)/gu, ']')
      .split(/\s+/u)
      .filter((word) => /[\p{L}\p{N}]/u.test(word));
    expect(words.length).toBeLessThanOrEqual(700);
  });

  it('have a reference that is up to date: npm run reference', () => {
    expect(readFileSync(referenceFile, 'utf8')).toBe(referenceText());
  });

  it('have a bundle of texts for translators that is up to date: npm run l10n', () => {
    expect(readFileSync(bundleFile, 'utf8')).toBe(bundleText());
  });

  it('have a list of licences that is up to date: npm run licences', () => {
    expect(readFileSync(licencesFile, 'utf8')).toBe(licencesText());
  });
});

describe('what F5 starts', () => {
  const { configurations } = JSON.parse(read('.vscode/launch.json')) as {
    configurations: { preLaunchTask?: string; outFiles?: string[] }[];
  };
  const { tasks } = JSON.parse(read('.vscode/tasks.json')) as { tasks: { label: string; script: string }[] };
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  it('is built by a task that is a script of the package', () => {
    const labels = tasks.map(({ label }) => label);
    const needed = configurations.flatMap(({ preLaunchTask = [] }) => preLaunchTask);
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter((label) => !labels.includes(label))).toEqual([]);
    expect(tasks.filter(({ script }) => !(script in scripts))).toEqual([]);
  });
});
