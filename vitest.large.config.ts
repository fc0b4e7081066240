import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/** The published models' shape, 170 million parameters: 1 GB of disk, 3 GB of memory, and minutes. */
export default defineConfig({
  test: {
    include: ['tests/large/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});
