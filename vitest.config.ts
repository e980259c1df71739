import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    globalSetup: 'test/unit/dist.ts',
    // By itself vitest leaves one core free: on two that is half of the machine.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What `npm test` sets up, not what the user did.
    env: { XDG_DATA_HOME: join(import.meta.dirname, '.cache/data') },
  },
});
