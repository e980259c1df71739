import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shipped } from '../../scripts/bundle.mjs';

/** What each part may import, beside itself (docs/design.md, "The house"). '*' may import all of src. */
const arrows: Record<string, string[]> = {
  domain: [],
  protocol: ['domain'],
  store: ['domain'],
  evaluation: ['domain'],
  formats: ['domain', 'store'],
  video: ['domain', 'store'],
  cluster: ['domain', 'store'],
  training: ['domain', 'evaluation', 'store', 'formats', 'video', 'cluster'],
  agents: ['domain', 'evaluation', 'store', 'training'],
  cli: ['domain', 'evaluation', 'store', 'formats', 'video', 'training', 'agents'],
  study: ['domain', 'store', 'formats', 'video', 'training', 'cli'],
  bench: ['domain', 'store', 'formats', 'training', 'cli'],
  editor: ['domain', 'evaluation', 'protocol', 'store', 'formats', 'video', 'cluster', 'training', 'agents'],
  'extension.ts': ['*'],
  webview: ['domain', 'protocol'],
};

/** What each room of Review may import, beside itself and `webview/ui`: the lowest first. */
const rooms: Record<string, string[]> = {
  actions: [],
  label: ['actions'],
  judge: ['actions', 'label'],
  comments: ['actions', 'label'],
  video: ['actions', 'label', 'comments'],
  text: ['actions', 'label', 'judge', 'comments', 'video'],
  beside: ['actions', 'label', 'text'],
  guidelines: ['actions', 'text'],
  shell: ['actions', 'label', 'judge', 'comments', 'video', 'text', 'beside', 'guidelines'],
  'main.ts': ['shell'],
};

/** Packages that only some parts may know. */
const packages: Record<string, string[]> = {
  vscode: ['editor', 'extension.ts'],
  'better-sqlite3': ['store', 'bench'],
  'onnxruntime-node': ['training'],
  '@tensorflow/tfjs': ['training'],
  '@tensorflow/tfjs-node-gpu': ['training'],
  'fluent-ffmpeg': ['video'],
  ky: ['training'],
  fflate: ['cluster'],
  '@modelcontextprotocol/sdk': ['agents'],
  lit: ['webview'],
  vega: ['study'],
  'vega-lite': ['study'],
  '@vscode/webview-ui-toolkit': ['webview'],
  '@vscode/l10n': ['domain', 'protocol', 'editor', 'extension.ts', 'webview'],
};

const root = resolve(import.meta.dirname, '../..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, folder, file));
}

function partOf(file: string): string {
  const [top, second] = relative(root, file).split('/');
  return top === 'src' ? second : top;
}

const imports = [...sources('src'), ...sources('webview')].flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map(([, target]) => ({
    file: relative(root, file),
    part: partOf(file),
    target,
    targetPart: target.startsWith('.') ? partOf(resolve(dirname(file), target)) : null,
  })),
);

/** What a file of ours loads when it is loaded: files and packages that it imports more than types of. */
function loadedBy(file: string): string[] {
  if (!file.endsWith('.ts')) return [];
  return [
    ...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm),
  ].map(([, target]) => (target.startsWith('.') ? resolve(dirname(file), target) : target));
}

describe('the map of the house', () => {
  it('has no arrow that docs/design.md does not draw', () => {
    const strays = imports.filter(({ part, targetPart }) => {
      const allowed = arrows[part] ?? [];
      return targetPart !== null && targetPart !== part && !allowed.includes(targetPart) && !allowed.includes('*');
    });
    expect(strays).toEqual([]);
  });

  it('has no arrow up between the rooms of Review', () => {
    const roomOf = (file: string): string | undefined => /^webview\/review\/([^/]+)/u.exec(file)?.[1];
    const arrows = imports.flatMap(({ file, target }) => {
      const [from, to] = [roomOf(file), target.startsWith('.') ? roomOf(join(dirname(file), target)) : undefined];
      return from && to && from !== to ? [{ file, target, from, to }] : [];
    });
    expect(arrows.length).toBeGreaterThan(50);
    expect(arrows.filter(({ from, to }) => !rooms[from]?.includes(to))).toEqual([]);
  });

  it('is the one that docs/design.md draws', () => {
    const house = /^## The house\n([^]*?)\n## /mu.exec(readFileSync(join(root, 'docs/design.md'), 'utf8'))![1];
    const rows = [...house.matchAll(/^\| `(?:src\/)?([\w.]+)` \| .* \| (.*?) ?\|$/gmu)];
    const drawn = rows.map(([, part, to]) => [part, to === 'all of `src`' ? ['*'] : to.split(', ').filter(Boolean)]);
    expect(Object.fromEntries(drawn)).toEqual(arrows);
  });

  it('has no files that import each other in a circle', () => {
    const targets = Map.groupBy(
      imports.filter(({ target }) => target.startsWith('.')),
      ({ file }) => file,
    );
    const free = new Set<string>();
    const circleFrom = (file: string, path: string[]): string[] | null => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (free.has(file)) return null;
      for (const { target } of targets.get(file) ?? []) {
        const circle = circleFrom(join(dirname(file), target), [...path, file]);
        if (circle) return circle;
      }
      free.add(file);
      return null;
    };
    expect([...targets.keys()].map((file) => circleFrom(file, [])).find((circle) => circle !== null)).toBeUndefined();
    expect(free.size).toBeGreaterThan(300);
  });

  it('keeps vscode, SQL, tensors, ffmpeg and web components each in its place', () => {
    const strays = imports.filter(({ part, target }) =>
      Object.entries(packages).some(
        ([name, parts]) => (target === name || target.startsWith(`${name}/`)) && !parts.includes(part),
      ),
    );
    expect(strays).toEqual([]);
  });

  it('loads no native module in the extension host: what needs one has a thread or a process of its own', () => {
    const seen = new Set([join(root, 'src/extension.ts')]);
    // A Set goes on with what is added while it is walked.
    for (const file of seen) for (const target of loadedBy(file)) seen.add(target);
    expect(seen.size).toBeGreaterThan(50);
    const native = ['better-sqlite3', 'onnxruntime-node', '@tensorflow/tfjs', '@tensorflow/tfjs-node-gpu'];
    expect(native.filter((name) => seen.has(name))).toEqual([]);
  });

  it('loads the SDK of the agents’ protocol in no command line but the one that serves them', () => {
    const seen = new Set([join(root, 'src/cli/main.ts'), join(root, 'src/extension.ts')]);
    for (const file of seen) for (const target of loadedBy(file)) seen.add(target);
    expect(seen).toContain(join(root, 'src/agents/client.ts'));
    expect([...seen].filter((name) => /@modelcontextprotocol|to-json-schema/u.test(name))).toEqual([]);
  });

  it('ships neither the study nor the bench', () => {
    const seen = new Set(Object.values(shipped).map((entry) => join(root, entry)));
    for (const file of seen) for (const target of loadedBy(file)) seen.add(target);
    expect(seen.size).toBeGreaterThan(150);
    const ours = [...seen].filter((name) => name.startsWith(root));
    expect(ours.filter((file) => ['study', 'bench'].includes(partOf(file)))).toEqual([]);
  });

  it('loads nothing of Node in the pages', () => {
    const seen = new Set(
      ['review', 'runs', 'agreement', 'evaluation', 'table'].map((page) => join(root, `webview/${page}/main.ts`)),
    );
    for (const file of seen) for (const target of loadedBy(file)) seen.add(target);
    expect(seen.size).toBeGreaterThan(50);
    expect([...seen].filter((name) => name.startsWith('node:'))).toEqual([]);
  });

  it('sees the imports it judges', () => {
    expect(imports.length).toBeGreaterThan(5);
  });
});
