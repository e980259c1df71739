import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: '../../out/vitest',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: 'install.ts',
    fileParallelism: false,
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
