import { describe, expect, it } from 'vitest';
import { PUBLISHED_SHAPE } from '../../bench/random-model';
import { planWeights, WEIGHT_FILE } from '../../src/convert/weight-plan';
import { storedTensors, weightSpecs } from '../../src/model/format/weight-spec';
import { SMALL } from '../engine/small-model';

const DTYPES = ['f32', 'f16', 'q8', 'q4'] as const;
const MIB = 2 ** 20;

const pathsOf = (parts: ReturnType<typeof planWeights>) =>
  parts.map(({ graph, files }) => [graph, ...files.map(({ path }) => path)]);

it('what fits into one file is one part, by the shortest names', () => {
  const [part, ...others] = planWeights(SMALL, 'q8', 24 * MIB);
  expect(others).toEqual([]);
  expect(part!.graph).toBe('weights.onnx');
  expect(part!.files).toEqual([{ path: 'weights.bin', bytes: expect.any(Number) }]);
  const { bytes } = part!.files[0]!;
  expect(pathsOf(planWeights(SMALL, 'q8', bytes))).toEqual([['weights.onnx', 'weights.bin']]);
  expect(planWeights(SMALL, 'q8', bytes - 1)).toHaveLength(2);
});

it('a tensor larger than a file is a part of its own, spread over several', () => {
  // The embedding and the head have 14 × 8 f32, 448 bytes; the largest others 16 × 8, 512.
  const parts = planWeights(SMALL, 'f32', 200);
  expect(parts[0]).toMatchObject({
    graph: `weights-1-of-${parts.length}.onnx`,
    files: [
      { path: `weights-1-of-${parts.length}.1-of-3.bin`, bytes: 200 },
      { path: `weights-1-of-${parts.length}.2-of-3.bin`, bytes: 200 },
      { path: `weights-1-of-${parts.length}.3-of-3.bin`, bytes: 48 },
    ],
    places: [{ name: 'embedding.weight', location: `weights-1-of-${parts.length}.1-of-3.bin`, offset: 0, bytes: 448 }],
  });
  // The two vectors of a norm, 32 bytes each, are together.
  expect(parts[1]!.places.map(({ name }) => name)).toEqual(['layers.0.norm1.weight', 'layers.0.norm1.bias']);
  expect(parts[1]!.files).toEqual([{ path: `weights-2-of-${parts.length}.bin`, bytes: 64 }]);
});

describe.each(DTYPES)('%s', (dtype) => {
  it.each([4, 36, 100, 449, 1_000, 24 * MIB])(
    'in files of at most %i bytes has every tensor once, in order',
    (most) => {
      const parts = planWeights(SMALL, dtype, most);
      const found = parts.flatMap(({ places }) => places.map(({ name, type, shape }) => ({ name, type, shape })));
      expect(found).toEqual(weightSpecs(SMALL).flatMap((spec) => storedTensors(spec, dtype)));
      const paths = pathsOf(parts).flat();
      expect(new Set(paths).size).toBe(paths.length);
      expect(paths.filter((path) => !WEIGHT_FILE.test(path))).toEqual([]);
      for (const { files, places } of parts) {
        for (const { bytes } of files) expect(bytes).toBeLessThanOrEqual(most);
        const end = places.reduce((offset, place) => {
          expect(place.offset).toBe(Math.ceil(offset / 4) * 4);
          expect(place.location).toBe(files[0]!.path);
          return place.offset + place.bytes;
        }, 0);
        expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Math.ceil(end / 4) * 4);
        if (files.length > 1) expect(places).toHaveLength(1);
      }
    },
  );

  it('no two neighbouring parts of the published shape would fit into one file', () => {
    const sizes = planWeights(PUBLISHED_SHAPE, dtype, 24 * MIB).map(({ files }) =>
      files.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    for (const [index, size] of sizes.slice(1).entries()) expect(sizes[index]! + size).toBeGreaterThan(24 * MIB);
  });
});

it.each(['weights.bin', 'weights.onnx', 'weights-1-of-9.onnx', 'weights-12-of-99.1-of-7.bin'])('knows %s', (path) => {
  expect(WEIGHT_FILE.test(path)).toBe(true);
});
it.each(['weights.bin.bak', 'my-weights.bin', 'weights-1.bin', 'weights-a-of-9.bin', 'weights.txt'])(
  'leaves %s',
  (path) => {
    expect(WEIGHT_FILE.test(path)).toBe(false);
  },
);
