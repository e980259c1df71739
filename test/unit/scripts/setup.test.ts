import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npmEnvironment, unfitNode } from '../../../scripts/setup.mjs';

const setup = resolve(import.meta.dirname, '../../../scripts/setup.mjs');
const folder = mkdtempSync(join(tmpdir(), 'lab-setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('setup', () => {
  it('refuses a Node whose Node-API is too old, or that runs no TypeScript, in one line', () => {
    const line = unfitNode({ version: '20.20.2', napi: 9, typescript: undefined });
    expect(line).toMatch(/^Rollout Lab needs Node 24 or newer; this is Node 20\.20\.2\. [^\n]*$/);
    expect(unfitNode({ version: '22.14.0', napi: 10, typescript: false })).toContain('22.14.0');
    expect(unfitNode({ version: '24.0.0', napi: 10, typescript: 'strip' })).toBeUndefined();
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
