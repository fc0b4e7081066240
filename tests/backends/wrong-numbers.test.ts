import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, BlocksRequest, RevealPolicy } from '../../src/backends/backend';
import { createWasmBackend } from '../../src/backends/wasm/wasm-backend';
import { createWebgpuBackend } from '../../src/backends/webgpu/webgpu-backend';
import type { ModelSource } from '../../src/model/source/model-source';
import { testGpu } from '../gpu';
import { tinyModel } from './tiny-model';

const MASK = 97;
const HIDDEN = 64;
const sampling = { temperature: 1, topP: 0.9, seed: 0 };
const signal = new AbortController().signal;

/** The tiny model whose head is changed: its matrix and after that its bias, as f32. */
async function withHead(change: (head: Float32Array) => void): Promise<ModelSource> {
  const source = await tinyModel('f32');
  const read: ModelSource['read'] = async (path) => {
    const bytes = await source.read(path);
    if (!source.manifest.weights.includes(path)) return bytes;
    const [matrix, bias] = ['head.weight', 'head.bias'].map((name) => floatsIn(bytes, name)) as [
      Float32Array,
      Float32Array,
    ];
    const head = Float32Array.from([...matrix, ...bias]);
    change(head);
    matrix.set(head.subarray(0, matrix.length));
    bias.set(head.subarray(matrix.length));
    return bytes;
  };
  return { ...source, read };
}

/** The numbers of a tensor in the bytes of a safetensors file. */
function floatsIn(bytes: Uint8Array<ArrayBuffer>, name: string): Float32Array {
  const dataStart = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataStart)));
  const [start, end] = header[name].data_offsets;
  return new Float32Array(bytes.buffer, dataStart + start, (end - start) / 4);
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
