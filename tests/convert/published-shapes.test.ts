import { describe, expect, it } from 'vitest';
import { PUBLISHED_SHAPES } from '../../bench/published-shapes';
import { FILE_BYTES, planFiles } from '../../src/convert/plan-files';
import { checkSizes } from '../../src/model/format/check-sizes';
import { FORMAT_VERSION } from '../../src/model/format/manifest';
import { describeModel } from '../../src/network/families';
import { gpuLayout } from '../../src/onnx/gpu-layout';
import { NO_FACTS } from '../engine/small-model';
import { packed } from '../random-model';

/** What WebGPU promises of every device, in bytes. */
const LEAST_BINDING = 2 ** 27;

describe.each(Object.entries(PUBLISHED_SHAPES))('%s', (_, { config, storesHead }) => {
  const { network } = describeModel(config, { ...NO_FACTS, maskId: 5, tiedHead: !storesHead });

  it.each(['f32', 'f16', 'q8', 'q4'] as const)('as %s fits into files of 24 MiB and bindings of 128 MiB', (dtype) => {
    const packing = packed(dtype);
    const files = planFiles(network, packing, FILE_BYTES);
    expect(Math.max(...files.map(({ bytes }) => bytes))).toBeLessThanOrEqual(FILE_BYTES);
    const listed = files.map(({ path, bytes }) => ({ path, bytes, sha256: '' }));
    const manifest = {
      formatVersion: FORMAT_VERSION,
      id: '',
      name: '',
      licence: '',
      parameters: 1,
      ...packing,
    } as const;
    checkSizes({ ...manifest, weights: files.map(({ path }) => path), files: listed }, network);

    const layout = gpuLayout(network, packing, LEAST_BINDING);
    const bytesARow = { f32: 4, f16: 2, q8: 1, q4: 0.5 }[dtype];
    for (const [{ rows, columns, name }, ranges] of layout) {
      const needed = Math.ceil((rows * Math.ceil(columns / 32) * 32 * bytesARow) / LEAST_BINDING);
      expect(ranges.length, name).toBe(needed);
      expect(ranges.reduce((row, range) => (range.firstRow === row ? row + range.rows : Number.NaN), 0)).toBe(rows);
    }
  });
});
