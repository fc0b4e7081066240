import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/**
 * Unit and integration tests, in Node over Dawn. The page's own tests are in tests/e2e, on the built site; those that
 * take minutes are in tests/long, and in tests/hub in Chromium.
 */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/hub/**', 'tests/long/**'],
    setupFiles: ['tests/poll-each-millisecond.ts'],
    pool: 'forks',
    // Compiling shaders takes one core; more than two at once would run into the time limits.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
