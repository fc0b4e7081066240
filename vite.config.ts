import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { serviceWorker } from './scripts/service-worker-build.ts';

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

export default defineConfig({
  // Relative, so that the site works from any folder of a static host.
  base: './',
  plugins: [react(), withoutPolicyWhileDeveloping, serviceWorker()],
  worker: { format: 'es' },
  build: { target: 'es2022', rolldownOptions: { input: ['index.html', 'bench.html'] } },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
});
