import './tests/node-20.ts';
import { defineConfig } from 'vitest/config';

/** A checkpoint of a published size, from its repository to text in Chromium, on the built site: 1.5 GB, and minutes. */
export default defineConfig({
  test: {
    include: ['tests/hub/**/*.test.ts'],
    pool: 'forks',
    // Each has a browser of its own, and memory is measured.
    maxWorkers: 1,
    hookTimeout: 120_000,
  },
});
