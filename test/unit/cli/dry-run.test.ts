/** What `train --dry-run` prints, without a store or a policy. */
import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import { overrideKeys, presetConfig } from '../../../src/domain/preset.ts';
import { authorsPresets, presets } from '../../../src/domain/run.ts';
import { deviations, type SourcedSetting } from '../../../src/domain/setting-source.ts';
import { temporaryFolder } from '../store/fixture.ts';

vi.setConfig({ testTimeout: 120_000 });

it('a dry run prints every setting beside its source, and starts nothing', async () => {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const dryRun = (...words: string[]): Promise<{ code: number; stdout: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [cli, 'train', '--dry-run', ...words], { cwd: folder }, (error, stdout) => {
        done({ code: error ? Number(error.code) : 0, stdout });
      });
    });

  for (const preset of authorsPresets) {
    const { code, stdout } = await dryRun('--preset', preset);
    expect(code).toBe(0);
    const config = presetConfig(preset, 'policy', 0);
    for (const key of overrideKeys(config))
      expect(stdout).toMatch(new RegExp(`^${key} +\\S.* (?:script|paper|ours|set)`, 'mu'));
    for (const sentence of deviations(config)) expect(stdout).toContain(sentence);
    expect(stdout).toMatch(/^learningRate +5e-7 +script: --learning_rate$/mu);
    expect(stdout).toMatch(/^beta2 +0\.95 +script, by default$/mu);
  }

  const changed = await dryRun('--preset', 'avatar', '--set', 'tas.lambda=0.5', '--json');
  const { settings, deviations: declared } = JSON.parse(changed.stdout) as {
    settings: SourcedSetting[];
    deviations: string[];
  };
  const of = (key: string) => settings.find((one) => one.key === key);
  expect(of('tas.lambda')).toMatchObject({ value: '0.5', source: 'set' });
  expect(of('replayCapacity')).toMatchObject({ value: '10000', source: 'paper' });
  expect(of('dualClip')).toEqual({ key: 'dualClip', value: '4', source: 'ours', note: expect.any(String) as string });
  expect(declared).toEqual([]);

  const length = async (...words: string[]) => dryRun('--preset', 'avatar', ...words);
  const five = await length('--iterations', '5', '--set', 'prompts=p-1,p-2');
  expect(five.stdout).toMatch(/^steps +5 /mu);
  expect(five.stdout).toMatch(/^prompts +2 selected prompts \([\da-f]{6}\) +set$/mu);
  // The former name.
  expect((await length('--steps', '5')).stdout).toMatch(/^steps +5 /mu);
  expect((await length('--steps', '5', '--iterations', '6')).code).toBe(2);
  const narrow = ['--base-bits', '8'];
  expect((await length(...narrow, '--set', 'lora.rank=8')).stdout).toMatch(/^baseBits +8 +set$/mu);
  expect((await length(...narrow)).code).toBe(2);
  expect((await length('--base-bits', '4', '--set', 'lora.rank=8')).code).toBe(2);
  expect((await length('--steps', '5', '--stages', 'visual:1')).code).toBe(2);

  for (const preset of presets) expect((await dryRun('--preset', preset, '--json')).code).toBe(0);
  expect((await dryRun('--preset', 'avatar', '--set', 'stepz=3', '--json')).code).toBe(2);
  expect((await dryRun('--preset', 'avatar', '--db', 'nowhere.db', '--json')).code).toBe(1);
  expect(readdirSync(folder)).toEqual([]);

  writeFileSync(join(folder, 'utf16.txt'), '\ufeffBe kind.', 'utf16le');
  expect((await dryRun('--preset', 'avatar', '--system-file', 'utf16.txt')).code).toBe(2);
  writeFileSync(join(folder, 'utf8.txt'), '\ufeffBe kind, Ä.\n');
  const told = await dryRun('--preset', 'avatar', '--system-file', 'utf8.txt');
  expect(told.stdout).toMatch(/^system +"Be kind, Ä\." +set$/mu);
});
