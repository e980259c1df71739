import { describe, expect, it } from 'vitest';
import { overridden, parseRunConfig, presetConfig, rayAddressFault, rayDefaults } from '../../../src/domain/preset.ts';
import { clusterOf, openTokenWarning, rayFault } from '../../../src/domain/ray-address.ts';

const ray = { ...rayDefaults, address: 'https://ray.example:8265' };

describe('the cluster of a run', () => {
  it('is one that its user names', () => {
    expect(rayFault(null, null)).toBeNull();
    expect(rayFault(ray, 'https://RAY.example:8265/')).toBeNull();
    expect(rayFault(ray, null)).toContain('which you have not named');
    expect(rayFault(ray, 'https://ray.example')).toContain(
      'which is not https://ray.example: it would get its prompts',
    );
  });

  it('is that of an evaluation of its policy, with all that it took there, unless its user names another', () => {
    const former = { ...ray, workers: 4, storage: '/mnt' };
    const other = { ...rayDefaults, address: 'http://127.0.0.1:8265' };
    expect(clusterOf(former, ray)).toBe(former);
    expect(clusterOf(former, other)).toBe(other);
    expect(clusterOf(former, null)).toBeNull();
    expect(clusterOf(null, ray)).toBe(ray);
  });

  it.each([
    ['http://127.0.0.1:8265', false],
    ['http://localhost:8265', false],
    ['http://[::1]:8265', false],
    ['https://ray.example', false],
    ['http://ray.example:8265', true],
    ['http://127.0.0.1.example', true],
    ['http://10.0.0.2:8265', true],
  ])('is warned of where its token can be read on the way: %s', (address, warned) => {
    expect(openTokenWarning(address) !== null).toBe(warned);
  });

  it.each(['ftp://ray.example', 'ray.example:8265', 'http://me:secret@ray.example', 'http://ray.example/?token=1', ''])(
    'has no address like %j',
    (address) => {
      expect(rayAddressFault(address)).toMatch(/^The address must/u);
      expect(rayAddressFault(ray.address)).toBeNull();
    },
  );

  it('is named where the engine is ray', () => {
    const config = presetConfig('avatar', 'policy', 1);
    expect(() => overridden(config, ['engine=ray'])).toThrow('engine is ray, and no cluster is named');
    expect(overridden(config, ['ray.address=https://ray.example', 'ray.workers=2', 'engine=ray']).ray).toEqual({
      ...rayDefaults,
      ...{ address: 'https://ray.example', workers: 2 },
    });
    const { ray: unnamed, ...older } = config;
    expect([unnamed, parseRunConfig(older).ray]).toEqual([null, null]);
  });
});
