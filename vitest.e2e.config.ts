import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/** The page itself, in real Chromium on the built site: `npm run build` first. */
export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    pool: 'forks',
    // A page waits more than it works. Each file has a browser and a server of its own.
    maxWorkers: 2,
    // Software WebGPU on two cores: a block takes seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
