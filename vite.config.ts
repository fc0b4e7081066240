import { constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import compression from 'compression';
import type { Request, Response } from 'express';
import { defineConfig, type Plugin } from 'vite';
import { embeddedModels } from './scripts/embedded-models.ts';
import { serviceWorker } from './scripts/service-worker-build.ts';
import { socialPreview } from './scripts/social-preview.ts';

/** With these the page is cross-origin isolated, and the wasm backend may use threads. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** React's hot reload puts a script into the page, which the built page's policy rightly refuses. */
const withoutPolicyWhileDeveloping: Plugin = {
  name: 'without-policy-while-developing',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
};

/**
 * WebKit evaluates a module worker's entry a second time when a chunk imports from it. What a worker shares with its
 * chunks goes into a chunk of its own, and the entry becomes a file that only imports; a build where a chunk imports
 * a worker's entry all the same fails.
 */
const entryThatNothingImports: Plugin = {
  name: 'entry-that-nothing-imports',
  options: (options) => ({ ...options, preserveEntrySignatures: 'strict' }),
  generateBundle(_options, bundle) {
    const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
    const entries = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
    for (const { fileName, imports, dynamicImports } of chunks) {
      const entry = [...imports, ...dynamicImports].find((path) => entries.has(path));
      if (entry) this.error(`${fileName} imports the worker's entry ${entry}, which WebKit would evaluate twice.`);
    }
  },
};

/**
 * Compresses what the preview serves, as a static host does: the runtime's wasm above all, which Vite's own server
 * leaves as it is. A model's files, which may be read in ranges, are served byte for byte.
 */
const compressedPreview: Plugin = {
  name: 'compressed-preview',
  configurePreviewServer: ({ middlewares }) => {
    // A third of the usual quality's work for a twelfth more bytes: nobody's preview is far away.
    const compress = compression({ brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } } });
    middlewares.use((request, response, next) => {
      if (request.url?.startsWith('/models/')) delete request.headers['accept-encoding'];
      // Typed for express, which adds to what Node has; nothing of that is used.
      compress(request as Request, response as Response, next);
    });
  },
};

/** onnxruntime-web imports these in Node alone. */
const external = ['module', 'worker_threads'];

export default defineConfig({
  // Relative, so that the site works from any folder of a static host.
  base: './',
  plugins: [
    react(),
    withoutPolicyWhileDeveloping,
    embeddedModels(),
    socialPreview(),
    serviceWorker(),
    compressedPreview,
  ],
  worker: {
    format: 'es',
    plugins: () => [entryThatNothingImports],
    rolldownOptions: { external, checks: { pluginTimings: false } },
  },
  build: {
    target: 'es2022',
    rolldownOptions: { input: ['index.html', 'bench.html'], external, checks: { pluginTimings: false } },
  },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
});
