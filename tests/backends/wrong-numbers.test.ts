import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, BlocksRequest, RevealPolicy } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { ModelSource } from '../../src/model/source/model-source';
import { testGpu } from '../gpu';
import { tinyModel } from './tiny-model';

const MASK = 97;
const [VOCAB, HIDDEN] = [98, 64];
const sampling = { temperature: 1, topP: 0.9, seed: 0 };
const signal = new AbortController().signal;

/** The tiny model whose last weights, those of the head, are changed: first its matrix, then its bias, as f32. */
async function withHead(change: (head: Float32Array) => void): Promise<ModelSource> {
  const source = await tinyModel('f32');
  const read: ModelSource['read'] = async (path) => {
    const bytes = await source.read(path);
    const length = VOCAB * HIDDEN + VOCAB;
    if (path === 'weights.bin') change(new Float32Array(bytes.buffer, bytes.byteLength - 4 * length, length));
    return bytes;
  };
  return { ...source, read };
}

const FAULTS: readonly (readonly [fault: string, change: (head: Float32Array) => void, message: RegExp])[] = [
  ['one number that is none', (head) => head.fill(Number.NaN, head.length - 10, head.length - 9), /not a number/],
  ['infinities', (head) => head.fill(Number.POSITIVE_INFINITY, 0, HIDDEN), /not a number/],
  ['zeros', (head) => head.fill(0), /every token equally likely/],
  ['noise too small to mean anything', (head) => head.set(head.map((x) => 1e-5 * x)), /every token equally likely/],
];

const BACKENDS = {
  webgpu: async (source: ModelSource) => createWebgpuBackend(source, await testGpu()),
  wasm: createWasmBackend,
};

describe.each(['webgpu', 'wasm'] as const)('%s', (name) => {
  async function open(change: (head: Float32Array) => void): Promise<Backend> {
    const backend: Backend = await BACKENDS[name](await withHead(change));
    onTestFinished(() => backend.dispose());
    backend.begin(4);
    return backend;
  }

  it.each(FAULTS)('ends a text on %s', async (_, change, message) => {
    const backend = await open(change);
    const step = { ids: [MASK, MASK, MASK, MASK], positions: [0, 1, 2, 3], sampling, pass: 0 };
    await expect(backend.denoiseStep(step)).rejects.toMatchObject({ code: 'bad-model', message });
    const policies: RevealPolicy[] = [{ name: 'first-hitting' }, { name: 'confidence', steps: 2 }];
    for (const policy of policies) {
      backend.begin(4);
      const request: BlocksRequest = { first: [1, MASK, MASK, MASK], blocks: 3, policy, sampling, nfe: 0 };
      const told: unknown[] = [];
      const writing = async () => {
        for await (const step of backend.writeBlocks(request, signal)) told.push(step);
      };
      await expect(writing()).rejects.toMatchObject({ code: 'bad-model', message });
      expect(told).toEqual([]);
    }
  });

  it('takes a model that is sure, and one that hardly is', async () => {
    for (const factor of [30, 0.05]) {
      const backend = await open((head) => head.set(head.map((x) => factor * x)));
      const step = { ids: [MASK, MASK, MASK, MASK], positions: [0, 1, 2, 3], sampling, pass: 0 };
      expect(await backend.denoiseStep(step)).toHaveLength(4);
    }
  });
});
