import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { modelDigest } from '../src/model/format/model-digest.ts';
import type { ListedModel } from '../src/ui/models/embedded-models.ts';

/**
 * The model folders in `models/` of a site's folder, the smallest first. This order is the only place that decides: the
 * first one writes when the page opens, the last is the one that people are meant to read.
 */
export function listEmbeddedModels(site: string): readonly ListedModel[] {
  const models = join(site, 'models');
  const folders = existsSync(models) ? readdirSync(models) : [];
  return folders
    .filter((folder) => existsSync(join(models, folder, 'manifest.json')))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(models, folder, 'manifest.json'), 'utf8'));
      const files: readonly { path: string; sha256: string; bytes: number }[] = manifest.files;
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return { folder, name: String(manifest.name), bytes, digest: modelDigest({ files }) };
    })
    .sort((one, other) => one.bytes - other.bytes);
}

/** Tells the page which models come with it. */
export function embeddedModels(): Plugin {
  let publicDir = '';
  return {
    name: 'embedded-models',
    configResolved(config) {
      ({ publicDir } = config);
    },
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { name: 'unmask-models', content: JSON.stringify(listEmbeddedModels(publicDir)) },
        injectTo: 'head',
      },
    ],
  };
}
