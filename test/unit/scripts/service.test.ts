/** What ships of what is Python. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { copyService } from '../../../scripts/service.mjs';
import { requirementsFile, requirementsOf } from '../../../src/training/engine/torch-python.ts';
import { temporaryFolder } from '../store/fixture.ts';

const source = resolve(import.meta.dirname, '../../../src/cluster');

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();

it('ships the modules with the lists of their packages, without tests and caches', () => {
  const [from, dist] = [temporaryFolder(), temporaryFolder()];
  const wanted = ['job/__main__.py', 'policy/models/omni.py', 'policy/requirements.txt', 'requirements.txt'];
  const rest = [
    'policy/test_loss.py',
    'policy/tests/a.py',
    'policy/conftest.py',
    'policy/__pycache__/loss.cpython-311.pyc',
    '.mypy_cache/a.py',
    'jobs.ts',
    'requirements-dev.txt',
  ];
  for (const file of [...wanted, ...rest]) {
    mkdirSync(dirname(join(from, file)), { recursive: true });
    writeFileSync(join(from, file), '');
  }
  copyService(dist, from);
  expect(filesOf(dist)).toEqual(wanted.map((file) => `python/${file}`));
});

it('ships every module that is in the repository, and the set-up reads the list of its packages', async () => {
  const dist = temporaryFolder();
  copyService(dist);
  const modules = filesOf(source).filter((file) => file.endsWith('.py') && !/(?:^|\/)(?:test|conftest)/u.test(file));
  const lists = ['requirements.txt', 'policy/requirements.txt'];
  const shipped = [...modules, ...lists].map((file) => `python/${file}`);
  expect(filesOf(dist)).toEqual(shipped.sort());
  expect(filesOf(dist)).toContain(requirementsFile('.'));
  const wanted = await requirementsOf(dist);
  const exact = wanted.filter(({ version }) => version !== null).map((one) => one.package);
  expect(exact.sort()).toEqual(['av', 'peft', 'torch', 'transformers']);
  expect(wanted).toContainEqual({ package: 'numpy', version: null });
});
