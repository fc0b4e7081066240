import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debianSuites, installLavapipe } from '../../../scripts/lavapipe.mjs';
import { blocksInNode } from '../blocks-in-node';
import { openServer } from '../site';
import type { DrivenBrowser } from './driven';
import { openFirefox } from './firefox';
import { Visitor } from './visitor';

const PREFERENCES = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
};

// Lavapipe is fetched on Debian alone.
describe.skipIf(debianSuites() === null)('Firefox with WebGPU over lavapipe', () => {
  let browser: DrivenBrowser;
  let site: Awaited<ReturnType<typeof openServer>>;
  beforeAll(async () => {
    site = await openServer();
    const lavapipe = installLavapipe();
    if (!lavapipe) throw new Error('Lavapipe could not be fetched.');
    browser = await openFirefox(lavapipe, PREFERENCES);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  // Mesa compiles shaders at their first dispatch, which takes half a minute where it has never seen them.
  test('writes the ids that Node writes on the CPU', { timeout: 240_000 }, async () => {
    const visit = await Visitor.open(browser, site.url, { backend: 'webgpu' });
    await visit.reaches('finished');
    expect(await visit.textOf('[data-fact="backend"]')).toMatch(/^WebGPU.*software/);
    expect(await visit.ids()).toEqual(await blocksInNode());
    await visit.leave();
  });
});
