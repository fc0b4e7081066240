import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DiskCheckpoint } from '../../export/disk-checkpoint';
import { openSafetensors, type TensorEntry } from '../../src/checkpoint/safetensors';
import { floatTensor, writeRaw, writeSafetensors } from '../export/write-safetensors';
import { TemporaryFolders } from '../temporary-folders';

const FILE = 'model.safetensors';
const folders = new TemporaryFolders();
let path: string;
let disk: DiskCheckpoint;
beforeAll(async () => {
  const folder = await folders.make();
  path = join(folder, FILE);
  disk = new DiskCheckpoint(folder);
});
afterEach(() => disk.close());
afterAll(() => folders.remove());

/** All numbers of a tensor, two at a time. */
async function numbersOf(tensor: TensorEntry): Promise<number[]> {
  const length = tensor.shape.reduce((product, axis) => product * axis, 1);
  const numbers: number[] = [];
  for (let from = 0; from < length; from += 2) numbers.push(...(await tensor.read(from, Math.min(2, length - from))));
  return numbers;
}

async function readOne(dtype: string, bytes: Uint8Array, shape: readonly number[]): Promise<number[]> {
  await writeSafetensors(path, new Map([['x', { dtype, bytes, shape }]]));
  return numbersOf((await openSafetensors(disk, FILE)).get('x')!);
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
    const found = await openSafetensors(disk, FILE);
    expect([...found.keys()]).toEqual(['a', 'empty', 'number', 'b']);
    expect(await numbersOf(found.get('b')!)).toEqual([4, 5]);
    expect(await numbersOf(found.get('number')!)).toEqual([3]);
    expect(await numbersOf(found.get('empty')!)).toEqual([]);
    expect(found.get('b')!.shape).toEqual([1, 2]);
  });
});

describe('headers of every length', () => {
  const tensor = JSON.stringify({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
  it.each([0, 1, 7, 64, 99_994 - tensor.length, 99_999 - tensor.length, 100_000 - tensor.length, 300_000])(
    'padded with %i spaces',
    async (spaces) => {
      await writeRaw(path, tensor + ' '.repeat(spaces), bytesOf(Float32Array.of(7)));
      expect(await numbersOf((await openSafetensors(disk, FILE)).get('x')!)).toEqual([7]);
    },
  );

  it.each([99_994, 99_996, 100_000])('of %i bytes of tensors', async (length) => {
    const name = 'x'.repeat(length - tensor.length + 1);
    await writeRaw(path, tensor.replace('"x"', `"${name}"`), bytesOf(Float32Array.of(7)));
    expect([...(await openSafetensors(disk, FILE)).keys()]).toEqual([name]);
  });

  it('of fifty thousand tensors', async () => {
    const entry = (index: number) => ({ dtype: 'F32', shape: [1], data_offsets: [4 * index, 4 * index + 4] });
    const entries = Array.from({ length: 50_000 }, (_, index) => [`layers.${index}.weight`, entry(index)]);
    await writeRaw(path, JSON.stringify(Object.fromEntries(entries)), new Uint8Array(200_000));
    expect((await openSafetensors(disk, FILE)).size).toBe(50_000);
  });
});

describe('what it refuses', () => {
  it('a type that holds no floats', async () => {
    await expect(readOne('I64', new Uint8Array(8), [1])).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/^model\.safetensors cannot be used: x is of type I64/),
    });
  });
  it('a shape that does not fit the bytes', async () => {
    await expect(readOne('F32', new Uint8Array(8), [3])).rejects.toThrow('x is F32 [3] and has 8 bytes instead of 12');
  });
  it('a file that is not there', async () => {
    await expect(openSafetensors(disk, 'nothing')).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('nothing cannot be used: it is missing'),
    });
  });

  const place = (from: unknown, to: unknown) =>
    JSON.stringify({ x: { dtype: 'F32', shape: [1], data_offsets: [from, to] } });
  const entry = (from: number, to: number, count = (to - from) / 4) =>
    `{"dtype":"F32","shape":[${count}],"data_offsets":[${from},${to}]}`;
  const eight = new Uint8Array(8);
  it.each<[what: string, write: () => Promise<void>, message: string]>([
    ['an empty file', () => writeFile(path, ''), 'it is too short for a header'],
    [
      'a header longer than the file',
      () => writeFile(path, Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])),
      'ends within its header',
    ],
    ['a header of 2^56 bytes', () => writeFile(path, Buffer.alloc(8, 1)), 'more than 100000000'],
    ['a header that is not JSON', () => writeRaw(path, '{'), 'its header cannot be read: it is not JSON'],
    ['a header of brackets', () => writeRaw(path, '['.repeat(1e5)), 'brackets within each other'],
    ['a header that is a list', () => writeRaw(path, '[]'), 'its header is not a JSON object'],
    ['a tensor that is nothing', () => writeRaw(path, '{"x": null}'), 'x has no dtype'],
    ['a tensor without a shape', () => writeRaw(path, '{"x": {"dtype": "F32"}}'), 'x has no shape'],
    ['a shape below 0', () => writeRaw(path, '{"x": {"dtype": "F32", "shape": [-1]}}'), 'x has no shape'],
    ['a place past the end', () => writeRaw(path, place(0, 4)), 'x lies outside of it'],
    ['a place before its start', () => writeRaw(path, place(4, 0), eight), 'x ends before it begins'],
    ['a place that is no number', () => writeRaw(path, place('0', 4), eight), 'x has no data_offsets'],
    [
      'two tensors over the same bytes',
      () => writeRaw(path, `{"x":${entry(0, 8)},"y":${entry(4, 8)}}`, eight),
      'y lies over x',
    ],
    [
      'one tensor within another',
      () => writeRaw(path, `{"x":${entry(0, 8)},"y":${entry(0, 8)}}`, eight),
      'y lies over x',
    ],
    [
      'bytes that no tensor has',
      () => writeRaw(path, `{"x":${entry(4, 8)}}`, eight),
      'no tensor has the 4 bytes before x',
    ],
    [
      'bytes after the last tensor',
      () => writeRaw(path, `{"x":${entry(0, 4)}}`, eight),
      'no tensor has its last 4 bytes',
    ],
    [
      'a name twice',
      () => writeRaw(path, `{"x":${entry(0, 4)},"y":${entry(4, 8)},"x":${entry(0, 4)}}`, eight),
      'its header has x twice',
    ],
    [
      'a name twice, written otherwise',
      () => writeRaw(path, `{"x":${entry(0, 4)},"\\u0078":${entry(4, 8)}}`, eight),
      'its header has x twice',
    ],
    [
      'a field twice',
      () => writeRaw(path, '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4],"data_offsets":[0,8]}}', eight),
      'its header has data_offsets twice',
    ],
  ])('%s', async (_, write, message) => {
    await write();
    await expect(openSafetensors(disk, FILE)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(message),
    });
  });
});
