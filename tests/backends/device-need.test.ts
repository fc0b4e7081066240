import { describe, expect, it } from 'vitest';
import { PUBLISHED_SHAPES } from '../../bench/published-shapes';
import { findPlace, needOf } from '../../src/backends/device-need';
import { nodeGpu } from '../../src/library/node-gpu';
import { describeModel } from '../../src/network/families';
import { NO_FACTS } from '../engine/small-model';

const { config: published, storesHead } = PUBLISHED_SHAPES['Qwen3-0.6B-a2d'];
const config = describeModel(published, { ...NO_FACTS, maskId: 5, tiedHead: !storesHead });
const packing = (dtype: 'q4' | 'q8') => ({ dtype, embeddingDtype: dtype }) as const;

/** As much of WebGPU as is asked before there is a device. */
function gpuOf(info: Partial<GPUAdapterInfo>, mostBytes: number): GPU {
  const limits = { maxStorageBufferBindingSize: mostBytes, maxBufferSize: 2 * mostBytes };
  return { requestAdapter: async () => ({ info, limits }) } as unknown as GPU;
}

describe('where a model would run', () => {
  it('is a hardware GPU, with the least of its limits', async () => {
    const gpu = gpuOf({ vendor: 'nvidia', architecture: 'ampere' }, 2 ** 31 - 4);
    expect(await findPlace(gpu)).toEqual({ type: 'gpu', name: 'nvidia ampere', mostBytes: 2 ** 31 - 4 });
  });

  it('is the CPU without one, or with one of software', async () => {
    const cpu = { type: 'cpu', mostBytes: 2 ** 32 };
    expect(await findPlace(undefined)).toEqual(cpu);
    expect(await findPlace(await nodeGpu())).toEqual(cpu);
    const failing = { requestAdapter: () => Promise.reject(new Error('lost')) } as unknown as GPU;
    expect(await findPlace(failing)).toEqual(cpu);
  });
});

describe('what Qwen3 0.6B takes', () => {
  const numbers = 751_632_384;
  const gpu = (mostBytes: number) => ({ type: 'gpu', name: '', mostBytes }) as const;

  it('of a GPU is what is stored, and f16 keys and values of the whole context', () => {
    const need = needOf(config, packing('q8'), gpu(2 ** 27));
    // A byte each and four for 32, but for the norms.
    expect(need.weightBytes / numbers).toBeCloseTo(1.125, 3);
    expect(need.cacheBytes).toBe(2_048 * 28 * 2 * 8 * 128 * 2);
    expect(need.largestBytes).toBe(151_936 * 1_024);
    expect(need.fits).toBe(true);
    expect(needOf(config, packing('q4'), gpu(2 ** 27)).weightBytes / numbers).toBeCloseTo(0.625, 3);
  });

  it('does not fit a GPU that binds less than a layer’s keys', () => {
    expect(needOf(config, packing('q8'), gpu(2_048 * 8 * 128 * 2)).fits).toBe(true);
    expect(needOf(config, packing('q8'), gpu(2_048 * 8 * 128 * 2 - 1)).fits).toBe(false);
    // Nor one that binds less than a row.
    expect(needOf(config, packing('q8'), gpu(2_048)).fits).toBe(false);
  });

  it('of the CPU is a byte a weight, whatever is stored', () => {
    const cpu = { type: 'cpu', mostBytes: 2 ** 32 } as const;
    for (const dtype of ['q4', 'q8'] as const) {
      const need = needOf(config, packing(dtype), cpu);
      expect(need.weightBytes / numbers).toBeCloseTo(1, 2);
      expect(need.cacheBytes).toBe(2_048 * 28 * 2 * 8 * 128 * 4);
      expect(need.fits).toBe(true);
      expect(needOf(config, packing(dtype), { ...cpu, mostBytes: 2 ** 30 }).fits).toBe(false);
    }
  });
});
