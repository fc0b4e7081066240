import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/** The page itself, in real Chromium on the built site: `npm run build` first. One test at a time. */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    // Software WebGPU on two cores: a block takes seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
