import { freemem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLISHED_SHAPES, type PublishedShape, type ShapeName } from '../../bench/published-shapes';
import { exportCheckpoint } from '../../export/export-checkpoint';
import {
  allocateActivations,
  allocateAttentionParts,
  allocateCache,
  allocateHead,
  allocateRopeTable,
} from '../../src/backends/webgpu/memory';
import { openModelFolder } from '../../src/cli/model-folder';
import type { Buffers } from '../../src/gpu/buffers';
import { MOST_ROWS } from '../../src/kernels/denoise-run';
import { byteLength, dtypeOf, matrixTensors, WEIGHT_DTYPES, type WeightDtype } from '../../src/model/format/packing';
import { describeModel } from '../../src/network/families';
import type { ModelConfig } from '../../src/network/model-config';
import { parametersOf } from '../../src/network/network';
import { gpuLayout } from '../../src/onnx/gpu-layout';
import { NO_FACTS } from '../engine/small-model';
import { packed } from '../random-model';
import { TemporaryFolders } from '../temporary-folders';
import { writePublishedShape } from './random-checkpoint';
import { measureText } from './run-measured';

/** What every device binds; many phones have no more. */
const LEAST_BINDING = 128 * 2 ** 20;
/** MB of the largest file, above which some static hosts take none. */
const LARGEST_FILE = 25 * 2 ** 20;

const folders = new TemporaryFolders();
const lines: string[] = [];
afterAll(async () => {
  await folders.remove();
  console.log(lines.join('\n'));
});

const seconds = (start: number) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Writes the checkpoint of a shape and gives its folder. */
async function checkpointOf(name: ShapeName): Promise<string> {
  const start = performance.now();
  const folder = join(await folders.make(), 'checkpoint');
  await writePublishedShape(folder, name);
  lines.push(`${name}: checkpoint written in ${seconds(start)}`);
  return folder;
}

async function exported(name: ShapeName, checkpoint: string, dtype: WeightDtype): Promise<string> {
  const start = performance.now();
  const folder = join(await folders.make(), 'model');
  const { files, parameters } = await exportCheckpoint(checkpoint, folder, dtype);
  const bytes = files.map((file) => file.bytes);
  const total = bytes.reduce((sum, each) => sum + each);
  lines.push(`${name} as ${dtype}: ${(total / 1e6).toFixed(0)} MB exported in ${seconds(start)}`);
  expect(parameters).toBe(PUBLISHED_SHAPES[name].parameters);
  expect(Math.max(...bytes)).toBeLessThan(LARGEST_FILE);
  return folder;
}

/** Blocks are tiny: a software GPU takes seconds for a pass. */
const WRITTEN: readonly (readonly [name: ShapeName, blockSize: number])[] = [
  ['SmolLM2-135M', 1],
  ['Qwen3-0.6B-a2d', 2],
];

describe.each(WRITTEN)('%s from its checkpoint to text', (name, blockSize) => {
  let checkpoint: string;
  beforeAll(async () => {
    checkpoint = await checkpointOf(name);
  });

  it.each(['q8', 'q4'] as const)('as %s writes the same on both backends', async (dtype) => {
    const model = await exported(name, checkpoint, dtype);
    const onWasm = await measureText(model, 'wasm', blockSize, TOKENS);
    const onWebgpu = await measureText(model, 'webgpu', blockSize, TOKENS);
    for (const [backend, measured] of Object.entries({ wasm: onWasm, webgpu: onWebgpu })) {
      const { loadSeconds, baseMegabytes, peakMegabytes, writeSeconds, passes } = measured;
      lines.push(
        `${name} as ${dtype} on ${backend}: loaded in ${loadSeconds.toFixed(1)} s with ` +
          `${(peakMegabytes - baseMegabytes).toFixed(0)} MB at most, ${(writeSeconds / passes).toFixed(2)} s a pass`,
      );
    }
    expect(onWasm.ids).toHaveLength(TOKENS);
    expect(onWebgpu.ids).toEqual(onWasm.ids);
  });
});

const TOKENS = 4;

describe.each(Object.keys(PUBLISHED_SHAPES) as ShapeName[])('%s', (name) => {
  const { config, parameters, storesHead }: PublishedShape = PUBLISHED_SHAPES[name];
  const model = describeModel(config, { ...NO_FACTS, tiedHead: !storesHead });

  it('has the parameters that were published', () => {
    // adaLN is folded away.
    if (model.modelType === 'bd3lm') expect(parametersOf(model.network)).toBeLessThan(parameters);
    else expect(parametersOf(model.network)).toBe(parameters);
  });

  it.each(WEIGHT_DTYPES)('as %s fits a GPU that binds 128 MiB', (dtype) => {
    expect(largestBinding(model, dtype)).toBeLessThanOrEqual(LEAST_BINDING);
  });
});

/** Of the buffers of weights, and of all that the backend allocates at its usual context. */
function largestBinding(config: ModelConfig, dtype: WeightDtype): number {
  const { network, contextLength } = config;
  const packing = packed(dtype);
  const weights: number[] = [];
  for (const [matrix, ranges] of gpuLayout(network, packing, LEAST_BINDING)) {
    expect(ranges.reduce((sum, { rows }) => sum + rows, 0)).toBe(matrix.rows);
    // The kernels take one buffer for any other.
    if (matrix !== network.embedding && matrix !== network.head.weight) expect(ranges).toHaveLength(1);
    for (const range of ranges) {
      const part = { matrix, dtype: dtypeOf(matrix, network, packing), ...range, number: null };
      weights.push(...matrixTensors(part).map(byteLength));
    }
  }
  const others: number[] = [];
  const note = (_: string, bytes: number) => void others.push(bytes);
  const buffers = { storage: note, uniform: note } as unknown as Buffers;
  allocateCache(buffers, config, 'f32');
  allocateRopeTable(buffers, config);
  allocateHead(buffers, config, MOST_ROWS);
  allocateAttentionParts(buffers, config, MOST_ROWS);
  allocateActivations(buffers, 'few', network, MOST_ROWS);
  allocateActivations(buffers, 'many', network, contextLength);
  return Math.max(...weights, ...others);
}

describe.each<ShapeName>(['Fast-dLLM-v2-1.5B', 'SDAR-1.7B'])('%s', (name) => {
  it('is exported as q8, and where memory allows loaded onto a GPU that binds 128 MiB', async (context) => {
    const model = await exported(name, await checkpointOf(name), 'q8');
    const { manifest, config } = await openModelFolder(model);
    const layout = gpuLayout(config.network, manifest, LEAST_BINDING);
    expect(layout.get(config.network.embedding)!.length).toBeGreaterThan(1);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    if (process.env.UNMASK_LOAD_LARGEST !== '1') return;
    if (freemem() < 3 * bytes) context.skip(`${name} takes more memory than is free`);
    const { loadSeconds } = await measureText(model, 'webgpu', config.defaultBlockSize, 0);
    lines.push(`${name} as q8 on webgpu: loaded in ${loadSeconds.toFixed(1)} s`);
  });
});
