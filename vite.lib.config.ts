import { defineConfig } from 'vite';

/**
 * The library: ES modules that mirror src/, so that what is found beside a module (the worker, the stories model) is
 * found beside the built one. Packages stay imports.
 */
export default defineConfig({
  publicDir: false,
  build: {
    // Leaves `new URL(…, import.meta.url)` to the bundler of whoever uses the library.
    ssr: true,
    target: 'es2022',
    outDir: 'lib',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: ['src/library/unmask.ts', 'src/library/node.ts', 'src/worker/worker.ts', 'src/cli/generate.ts'],
      external: /^[^./]/,
      output: {
        preserveModules: true,
        preserveModulesRoot: 'src',
        entryFileNames: '[name].js',
        banner: ({ fileName }) => (fileName === 'cli/generate.js' ? '#!/usr/bin/env node' : ''),
      },
      checks: { pluginTimings: false },
    },
  },
});
