import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors, type TensorEntry } from '../../src/checkpoint/safetensors';
import { floatTensor, writeRaw, writeSafetensors } from '../export/write-safetensors';
import { TemporaryFolders } from '../temporary-folders';

const folders = new TemporaryFolders();
let path: string;
beforeAll(async () => {
  path = join(await folders.make(), 'model.safetensors');
});
afterAll(() => folders.remove());

/** All numbers of a tensor, two at a time. */
async function numbersOf(tensor: TensorEntry): Promise<number[]> {
  const numbers: number[] = [];
  for await (const piece of tensor.pieces(2)) {
    expect(piece.length).toBeLessThanOrEqual(2);
    numbers.push(...piece);
  }
  return numbers;
}

async function readOne(dtype: string, bytes: Uint8Array, shape: readonly number[]): Promise<number[]> {
  await writeSafetensors(path, new Map([['x', { dtype, bytes, shape }]]));
  const file = await openSafetensors(path);
  try {
    return await numbersOf(file.tensors.get('x')!);
  } finally {
    await file.close();
  }
}

const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer as ArrayBuffer);

describe('every float type', () => {
  it.each<[dtype: string, bytes: Uint8Array, numbers: number[]]>([
    ['F64', bytesOf(Float64Array.of(1.5, -0.1)), [1.5, Math.fround(-0.1)]],
    ['F32', bytesOf(Float32Array.of(1.5, 3e38)), [1.5, Math.fround(3e38)]],
    ['F16', bytesOf(Float16Array.of(1.5, -65504, 2 ** -24)), [1.5, -65504, 2 ** -24]],
    // 1.5, −2, and the largest.
    ['BF16', bytesOf(Uint16Array.of(0x3fc0, 0xc000, 0x7f7f)), [1.5, -2, 2 ** 127 * (2 - 2 ** -7)]],
    // 0, the least, 1, −1.75, the largest, NaN.
    ['F8_E4M3', Uint8Array.of(0, 1, 0x38, 0xbe, 0x7e, 0x7f, 0xff), [0, 2 ** -9, 1, -1.75, 448, Number.NaN, Number.NaN]],
    // The least, 1, −1.75, the largest, ∞.
    ['F8_E5M2', Uint8Array.of(1, 0x3c, 0xbf, 0x7b, 0x7c), [2 ** -16, 1, -1.75, 57344, Number.POSITIVE_INFINITY]],
  ])('%s', async (dtype, bytes, numbers) => {
    expect(await readOne(dtype, bytes, [numbers.length])).toEqual(numbers);
  });

  it('has the tensors of a file by name, each with its own numbers and shape', async () => {
    const tensors = new Map([
      ['a', floatTensor([2], Float32Array.of(1, 2))],
      ['empty', floatTensor([0], Float32Array.of())],
      ['number', floatTensor([], Float32Array.of(3))],
      ['b', floatTensor([1, 2], Float32Array.of(4, 5))],
    ]);
    await writeSafetensors(path, tensors);
    const file = await openSafetensors(path);
    expect([...file.tensors.keys()]).toEqual(['a', 'empty', 'number', 'b']);
    expect(await numbersOf(file.tensors.get('b')!)).toEqual([4, 5]);
    expect(await numbersOf(file.tensors.get('number')!)).toEqual([3]);
    expect(await numbersOf(file.tensors.get('empty')!)).toEqual([]);
    expect(file.tensors.get('b')!.shape).toEqual([1, 2]);
    await file.close();
  });
});

describe('what it refuses', () => {
  it('a type that holds no floats', async () => {
    await expect(readOne('I64', new Uint8Array(8), [1])).rejects.toMatchObject({
      code: 'bad-model',
      message: /^x in model\.safetensors: its type is I64/,
    });
  });
  it('a shape that does not fit the bytes', async () => {
    await expect(readOne('F32', new Uint8Array(8), [3])).rejects.toThrow('its shape [3] does not fit its 8 bytes');
  });
  it('a file that is not there', async () => {
    await expect(openSafetensors(join(path, 'nothing'))).rejects.toMatchObject({ code: 'bad-model' });
  });

  const place = (from: unknown, to: unknown) =>
    JSON.stringify({ x: { dtype: 'F32', shape: [1], data_offsets: [from, to] } });
  it.each<[what: string, write: () => Promise<void>, message: string]>([
    ['an empty file', () => writeFile(path, ''), 'it has no header'],
    ['a header longer than the file', () => writeFile(path, Buffer.alloc(8, 1)), 'it has no header'],
    ['a header that is not JSON', () => writeRaw(path, '{'), 'its header is not a JSON object'],
    ['a header that is a list', () => writeRaw(path, '[]'), 'its header is not a JSON object'],
    [
      'a tensor that is nothing',
      () => writeRaw(path, '{"x": null}'),
      'x in model.safetensors: it has no shape or place',
    ],
    ['a shape below 0', () => writeRaw(path, '{"x": {"shape": [-1], "data_offsets": [0, 4]}}'), 'no shape or place'],
    ['a place past the end', () => writeRaw(path, place(0, 4)), 'it lies outside the file'],
    ['a place before its start', () => writeRaw(path, place(4, 0), new Uint8Array(4)), 'it lies outside the file'],
    ['a place that is no number', () => writeRaw(path, place('0', 4), new Uint8Array(4)), 'it has no shape or place'],
  ])('%s', async (_, write, message) => {
    await write();
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(message),
    });
  });
});
