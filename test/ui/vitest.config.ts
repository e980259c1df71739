import { defineConfig } from 'vitest/config';

export default defineConfig({
  cacheDir: '../../out/vitest',
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: 'install.ts',
    setupFiles: ['failed.ts'],
    // Each has an editor and a browser, which take less than a core; by itself vitest would leave one of two cores free.
    maxWorkers: 2,
    // Its test files open their windows there one after the other: all but the first open in two thirds of the time.
    isolate: false,
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
