import { afterEach, describe, expect, it } from 'vitest';
import { planFiles } from '../../src/convert/plan-files';
import { type BufferSlice, Buffers } from '../../src/gpu/buffers';
import type { ModelSource } from '../../src/model/source/model-source';
import { readWeights } from '../../src/model/source/read-weights';
import { describeModel } from '../../src/network/families';
import type { ModelConfig } from '../../src/network/model-config';
import { isMatrix, tensorsOf } from '../../src/network/network';
import { type GpuWeights, loadGpuWeights } from '../../src/onnx/gpu-weights';
import { testGpu } from '../gpu';
import { packed, randomModel } from '../random-model';
import { limited } from './limited-device';

const FACTS = { maskId: 30, bosId: null, addsBos: false, eosIds: [], generationEosIds: [], mlpSize: null };
const CONFIG: ModelConfig = describeModel(
  {
    model_type: 'sdar',
    vocab_size: 1001,
    hidden_size: 41,
    intermediate_size: 73,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 16,
  },
  { ...FACTS, tiedHead: false },
);

let buffers: Buffers | undefined;
afterEach(() => buffers?.dispose());

async function bytesOf(device: GPUDevice, { buffer, size }: BufferSlice): Promise<Uint8Array> {
  const readback = device.createBuffer({ size, usage: 9 });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, readback, 0, size);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(1);
  const bytes = new Uint8Array(readback.getMappedRange()).slice();
  readback.destroy();
  return bytes;
}

/** The bytes of each stored tensor by its name without a part's number, parts joined. */
async function storedBytes(source: ModelSource): Promise<Map<string, Buffer>> {
  const stored = new Map<string, Buffer>();
  for await (const { data, parts } of readWeights(source)) {
    for (const { tensors } of parts) {
      for (const { name, offset, bytes } of tensors) {
        const whole = name.replace(/\.\d+$/, '');
        const before = stored.get(whole) ?? Buffer.alloc(0);
        stored.set(whole, Buffer.concat([before, data.subarray(offset, offset + bytes)]));
      }
    }
  }
  return stored;
}

async function expectSame(source: ModelSource, weights: GpuWeights, device: GPUDevice): Promise<void> {
  const stored = await storedBytes(source);
  const expectBytes = async (name: string, slices: readonly BufferSlice[]) => {
    const found = Buffer.concat(await Promise.all(slices.map((slice) => bytesOf(device, slice))));
    const expected = stored.get(name)!;
    expect(found.subarray(0, expected.length).equals(expected), name).toBe(true);
  };
  for (const weight of tensorsOf(source.config.network)) {
    if (!isMatrix(weight)) {
      await expectBytes(weight.name, [weights.vector(weight)]);
      continue;
    }
    const parts = weights.matrix(weight);
    expect(parts.reduce((row, part) => (part.firstRow === row ? row + part.rows : Number.NaN), 0)).toBe(weight.rows);
    const { dtype } = parts[0]!.values;
    const quantized = dtype === 'q8' || dtype === 'q4';
    await expectBytes(
      quantized ? `${weight.name}.${dtype}` : weight.name,
      parts.map(({ values }) => values.values),
    );
    if (!quantized) continue;
    const scales = parts.flatMap(({ values }) => ('scales' in values ? [values.scales] : []));
    await expectBytes(`${weight.name}.scale`, scales);
  }
}

describe.each(['f32', 'f16', 'q8', 'q4'] as const)('%s', (dtype) => {
  it.each([2 ** 24, 12_000])('lies on the GPU as it is stored in files of %i bytes', async (fileBytes) => {
    const { device } = await testGpu();
    const source = randomModel(CONFIG, packed(dtype), 2, fileBytes);
    buffers = new Buffers(device);
    const weights = await loadGpuWeights(source, device, buffers);
    await expectSame(source, weights, device);
    expect(weights.matrix(CONFIG.network.embedding)).toHaveLength(1);
  });

  it.each([2 ** 24, 12_000])('is cut where the device binds less, from files of %i bytes', async (fileBytes) => {
    const { device } = await testGpu();
    const limit = 20_000;
    const source = randomModel(CONFIG, packed(dtype), 2, fileBytes);
    const small = limited(device, limit);
    buffers = new Buffers(small);
    const weights = await loadGpuWeights(source, small, buffers);
    await expectSame(source, weights, device);
    expect(weights.matrix(CONFIG.network.embedding).length).toBeGreaterThan(1);
    for (const { values } of weights.matrix(CONFIG.network.head.weight)) {
      expect(values.values.size).toBeLessThanOrEqual(limit);
    }
  });
});

it('says so where a row is larger than the device binds, before anything is read', async () => {
  const { device } = await testGpu();
  const source = randomModel(CONFIG, packed('f32'), 2);
  const unread = {
    ...source,
    read: () => {
      throw new Error('it was read');
    },
  };
  const small = limited(device, 100);
  buffers = new Buffers(small);
  await expect(loadGpuWeights(unread, small, buffers)).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringContaining('A row of embedding.weight takes 1 KiB and this GPU binds at most 1 KiB.'),
  });
});

it('the files it is tested with are several', () => {
  expect(planFiles(CONFIG.network, packed('q4'), 12_000).length).toBeGreaterThan(5);
});
