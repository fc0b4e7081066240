import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';
import type { BuildFiles } from '../src/offline/kept-files.ts';
import { listEmbeddedModels } from './embedded-models.ts';
import { PREVIEW_IMAGE } from './social-preview.ts';

/** Files of more bytes are kept when they are first asked for, and not with the page: the runtime's wasm. */
const LARGE_BYTES = 2 ** 20;

/** Adds `service-worker.js` to a build of the site. */
export function serviceWorker(): Plugin {
  let site = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      site = resolve(config.root, config.build.outDir);
    },
    // It has the list of the build's files, so these are written first.
    writeBundle: { order: 'post', sequential: true, handler: () => writeServiceWorker(site) },
  };
}

/** Builds `service-worker.js` for the files that are in the folder of a built site. */
export async function writeServiceWorker(site: string): Promise<void> {
  const files = filesOfPage(site);
  const hashes = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, sha256(site, path)]));
  const isLarge = (path: string) => statSync(join(site, path)).size > LARGE_BYTES;
  const shell = { './': null, ...hashes(files.filter((path) => !isLarge(path))) };
  const runtimes = hashes(files.filter(isLarge));
  const content = JSON.stringify([shell, runtimes, sha256(site, 'index.html')]);
  const version = createHash('sha256').update(content).digest('hex').slice(0, 16);
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { BUILD_FILES: JSON.stringify({ shell, runtimes, version } satisfies BuildFiles) },
    build: {
      target: 'es2022',
      outDir: site,
      emptyOutDir: false,
      rolldownOptions: {
        input: 'src/offline/service-worker.ts',
        output: { format: 'iife', entryFileNames: 'service-worker.js' },
      },
    },
  });
}

/**
 * The files that the page may ask for, without the page itself: those whose names are found in it, in
 * what it names, and so on; and the manifest of the model that the page opens with. The others are kept by the page
 * itself, and the benchmark's page is left out.
 */
function filesOfPage(site: string): readonly string[] {
  const all = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(join(site, path)).isFile());
  const isModel = (path: string) => path.startsWith('models/');
  const others = all.filter(
    (path) => !isModel(path) && path !== PREVIEW_IMAGE && !path.endsWith('.html') && path !== 'service-worker.js',
  );
  const found = new Set(['index.html']);
  for (const path of found) {
    if (!/\.(html|js|css|webmanifest)$/.test(path)) continue;
    const text = readFileSync(join(site, path), 'utf8');
    for (const other of others) if (text.includes(other.split('/').at(-1)!)) found.add(other);
  }
  found.delete('index.html');
  const manifests = listEmbeddedModels(site)
    .slice(0, 1)
    .map(({ folder }) => `models/${folder}/manifest.json`);
  return [...found, ...manifests].sort();
}

function sha256(site: string, path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(site, path)))
    .digest('hex');
}
