import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/** Unit and integration tests, in Node over Dawn. The page's own tests are in tests/e2e, on the built site, large models in tests/large. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/large/**'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
