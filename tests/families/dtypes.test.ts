import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import { generate } from '../../src/engine/generate';
import { exportedModel } from '../backends/tiny-model';
import { testGpu } from '../gpu';
import { FIXTURES, folderOf, readTrace } from './fixtures';

const NEVER = new AbortController().signal;

const open: Backend[] = [];
afterAll(() => {
  for (const backend of open) backend.dispose();
});

describe.each(FIXTURES)('$folder', (fixture) => {
  it.each(['f16', 'q8', 'q4'] as const)('%s: both backends write the same ids', async (dtype) => {
    const source = await exportedModel(folderOf(fixture), dtype);
    const backends = [await createWebgpuBackend(source, await testGpu()), await createWasmBackend(source)];
    open.push(...backends);
    const [onGpu, onCpu] = [await idsOf(backends[0]!), await idsOf(backends[1]!)];
    expect(onGpu).toEqual(onCpu);
    expect(onGpu.length).toBeGreaterThan(16);
  });

  async function idsOf(backend: Backend): Promise<readonly number[]> {
    const { prompt_ids: promptIds } = readTrace(fixture, fixture.traces[0]!);
    const { blockSize } = fixture;
    const request = { promptIds, blockSize, maxTokens: 16, policy: { name: 'confidence', steps: blockSize } } as const;
    const sampling = { temperature: 0, topP: 1, seed: 0 };
    for await (const event of generate(backend, { ...request, sampling }, NEVER))
      if (event.type === 'end') return event.ids;
    throw new Error('the text has no end');
  }
});
