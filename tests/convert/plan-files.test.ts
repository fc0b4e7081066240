import { describe, expect, it } from 'vitest';
import { PUBLISHED_SHAPE } from '../../bench/random-model';
import { planFiles, WEIGHTS_FILE } from '../../src/convert/plan-files';
import { byteLength, dtypeOf, matrixTensors, vectorTensor } from '../../src/model/format/packing';
import { isMatrix, tensorsOf } from '../../src/network/network';
import { SMALL } from '../engine/small-model';
import { packed } from '../random-model';

const DTYPES = ['f32', 'f16', 'q8', 'q4'] as const;
const MIB = 2 ** 20;
const { network } = SMALL;

it('what fits into one file is one file, by the shortest name', () => {
  const [file, ...others] = planFiles(network, packed('q8'), 24 * MIB);
  expect(others).toEqual([]);
  expect(file!.path).toBe('model.safetensors');
  expect(file!.parts.map((part) => ('matrix' in part ? part.matrix : part.vector))).toEqual(tensorsOf(network));
});

it('a matrix larger than a file is cut into numbered parts of whole rows', () => {
  // The embedding and the head have 14 × 8 f32, 448 bytes.
  const files = planFiles(network, packed('f32'), 600);
  expect(files[0]).toMatchObject({
    path: `model-00001-of-${String(files.length).padStart(5, '0')}.safetensors`,
    parts: [{ firstRow: 0, rows: 8, tensors: [{ name: 'embedding.weight.0', type: 'float32', shape: [8, 8] }] }],
  });
  expect(files[1]!.parts[0]).toMatchObject({
    firstRow: 8,
    rows: 6,
    tensors: [{ name: 'embedding.weight.1', shape: [6, 8] }],
  });
});

it('the embedding and the head can have a dtype of their own', () => {
  const [file] = planFiles(network, packed('q4', 'f16'), 24 * MIB);
  const dtypes = file!.parts.flatMap((part) => ('matrix' in part ? [[part.matrix.name, part.dtype]] : []));
  for (const [name, dtype] of dtypes) {
    expect(dtype, name).toBe(/^(embedding|head)/.test(name!) ? 'f16' : 'q4');
  }
});

describe.each(DTYPES)('%s', (dtype) => {
  it.each([700, 1_000, 2_000, 24 * MIB])('in files of at most %i bytes has every row once, in order', (most) => {
    const files = planFiles(network, packed(dtype), most);
    expect(files.filter(({ path }) => !WEIGHTS_FILE.test(path))).toEqual([]);
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    const parts = files.flatMap((file) => file.parts);
    for (const weight of tensorsOf(network)) {
      const found = parts.filter((part) => ('matrix' in part ? part.matrix : part.vector) === weight);
      if (!isMatrix(weight)) {
        expect(found.map(({ tensors }) => tensors)).toEqual([[vectorTensor(weight)]]);
        continue;
      }
      let row = 0;
      for (const [index, part] of found.entries()) {
        if (!('matrix' in part)) throw new Error('no matrix');
        const { firstRow, rows } = part;
        const number = found.length === 1 ? null : index;
        const whole = { matrix: weight, dtype: dtypeOf(weight, network, packed(dtype)), firstRow, rows, number };
        expect(part.tensors).toEqual(matrixTensors(whole));
        expect(firstRow).toBe(row);
        row += rows;
      }
      expect(row).toBe(weight.rows);
    }
    for (const { header, parts, bytes } of files) {
      expect(bytes).toBe(
        parts.reduce((sum, { tensors }) => tensors.reduce((s, t) => s + byteLength(t), sum), header.length),
      );
      const isOneVector = parts.length === 1 && 'vector' in parts[0]!;
      if (!isOneVector) expect(bytes).toBeLessThanOrEqual(most);
    }
  });

  it('no two neighbouring files of the published shape would fit into one', () => {
    const files = planFiles(PUBLISHED_SHAPE.network, packed(dtype), 24 * MIB);
    const isCut = ({ parts }: (typeof files)[number]) =>
      parts.some(({ tensors }) => tensors.some(({ name }) => /\.\d+$/.test(name)));
    for (const [index, file] of files.slice(1).entries()) {
      expect(file.bytes).toBeLessThanOrEqual(24 * MIB);
      if (isCut(file)) continue;
      expect(files[index]!.bytes + file.bytes).toBeGreaterThan(24 * MIB);
    }
  });
});

it.each(['model.safetensors', 'model-00001-of-00009.safetensors', 'model-12-of-99.safetensors'])('knows %s', (path) => {
  expect(WEIGHTS_FILE.test(path)).toBe(true);
});
it.each(['model.safetensors.bak', 'my-model.safetensors', 'model-1.safetensors', 'model-a-of-9.safetensors'])(
  'leaves %s',
  (path) => {
    expect(WEIGHTS_FILE.test(path)).toBe(false);
  },
);
