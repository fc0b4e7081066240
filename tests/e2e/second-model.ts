import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { modelDigest } from '../../src/model/format/model-digest';
import type { ListedModel } from '../../src/ui/models/embedded-models';

/** What a build would list of a model folder that lies in `models/second`. */
export function listed(folder: string): ListedModel {
  const { name, files } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const bytes = files.reduce((sum: number, file: { bytes: number }) => sum + file.bytes, 0);
  return { folder: 'second', name, bytes, digest: modelDigest({ files }) };
}

/** Serves a page as if a second model had been in `public/models` when it was built. Its weights wait for `until`. */
export async function withSecondModel(page: Page, folder: string, until: Promise<void>): Promise<void> {
  await page.route(/\/(#.*)?$/, async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace(/(name="unmask-models" content=")([^"]*)"/, (_, start, content) => {
      const models = JSON.parse(content.replaceAll('&quot;', '"'));
      return `${start}${JSON.stringify([...models, listed(folder)]).replaceAll('"', '&quot;')}"`;
    });
    await route.fulfill({ response, body: html });
  });
  await page.context().route('**/models/second/*', async (route) => {
    const name = new URL(route.request().url()).pathname.split('/').at(-1)!;
    if (name === 'model.safetensors') await until;
    await route.fulfill({ body: await readFile(join(folder, name)) }).catch(() => {});
  });
}
