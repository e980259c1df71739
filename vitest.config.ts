import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    globalSetup: 'test/unit/dist.ts',
    // Many wait for processes, clocks and servers: a third worker on two cores works meanwhile. By itself vitest would leave one core free.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What `npm test` sets up, not what the user did.
    env: { XDG_DATA_HOME: join(import.meta.dirname, '.cache/data') },
  },
});
