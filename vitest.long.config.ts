import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/** Two hundred rounds of everything, and the published models' shapes: 9 GB of disk, 5 GB of memory, and minutes. */
export default defineConfig({
  test: {
    include: ['tests/long/**/*.test.ts'],
    setupFiles: ['tests/poll-each-millisecond.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});
