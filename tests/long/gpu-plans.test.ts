import { freemem } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { PUBLISHED_SHAPES, type PublishedShape, type ShapeName } from '../../bench/published-shapes';
import { NO_FACTS } from '../../bench/random-model';
import {
  allocateActivations,
  allocateAttentionParts,
  allocateCache,
  allocateHead,
  allocateRopeTable,
} from '../../src/backends/webgpu/memory';
import type { Buffers } from '../../src/gpu/buffers';
import { MOST_ROWS } from '../../src/kernels/denoise-run';
import { openModelFolder } from '../../src/library/model-folder';
import { byteLength, dtypeOf, matrixTensors, WEIGHT_DTYPES, type WeightDtype } from '../../src/model/format/packing';
import { describeModel } from '../../src/network/families';
import type { ModelConfig } from '../../src/network/model-config';
import { parametersOf } from '../../src/network/network';
import { gpuLayout } from '../../src/onnx/gpu-layout';
import { packed } from '../random-model';
import { TemporaryFolders } from '../temporary-folders';
import { ShapeFolders } from './exported-shape';
import { measureText } from './run-measured';

/** What every device binds; many phones have no more. */
const LEAST_BINDING = 128 * 2 ** 20;

const folders = new TemporaryFolders();
const shapes = new ShapeFolders(folders);
afterAll(async () => {
  await folders.remove();
  console.log(shapes.lines.join('\n'));
});

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
  allocateAttentionParts(buffers, config, MOST_ROWS, 8);
  allocateActivations(buffers, 'few', network, MOST_ROWS);
  allocateActivations(buffers, 'many', network, contextLength);
  return Math.max(...weights, ...others);
}

/** Loading takes minutes on a software GPU, and 6 GB. */
const LOADS = process.env.UNMASK_LOAD_LARGEST === '1';

describe.each<ShapeName>(['Fast-dLLM-v2-1.5B', 'SDAR-1.7B'])('%s', (name) => {
  const loaded = LOADS ? ' and loaded onto a GPU' : ' (and loaded with UNMASK_LOAD_LARGEST=1)';
  it(`is exported as q8 in parts for a GPU that binds 128 MiB${loaded}`, { timeout: 900_000 }, async (context) => {
    const checkpoint = await shapes.checkpoint(name);
    const model = await shapes.model(name, checkpoint, 'q8');
    const { manifest, config } = await openModelFolder(model);
    expect(gpuLayout(config.network, manifest, LEAST_BINDING).get(config.network.embedding)!.length).toBeGreaterThan(1);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    if (!LOADS) return;
    if (freemem() < 2 * bytes) context.skip(`${name} takes more memory than is free`);
    const { loadSeconds, baseMegabytes, peakMegabytes } = await measureText(
      model,
      'webgpu',
      config.defaultBlockSize,
      0,
    );
    const megabytes = (peakMegabytes - baseMegabytes).toFixed(0);
    shapes.lines.push(`${name} as q8 on webgpu: loaded in ${loadSeconds.toFixed(1)} s with ${megabytes} MB at most`);
  });
  // Of the next shape another 4 GB follow.
  afterAll(() => folders.remove());
});
