import { writeFile } from 'node:fs/promises';

export interface TensorBytes {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export function floatTensor(shape: readonly number[], numbers: Float32Array): TensorBytes {
  return { dtype: 'F32', shape, bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength) };
}

/** A safetensors file: the header's length in 8 bytes, the header, the bytes of the tensors. */
export async function writeSafetensors(path: string, tensors: ReadonlyMap<string, TensorBytes>): Promise<void> {
  let end = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const start = end;
    end += bytes.byteLength;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const header = Object.fromEntries([['__metadata__', { format: 'pt' }], ...entries]);
  await writeRaw(path, JSON.stringify(header), ...[...tensors.values()].map(({ bytes }) => bytes));
}

/** The same with any header. */
export async function writeRaw(path: string, header: string, ...data: Uint8Array[]): Promise<void> {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  await writeFile(path, Buffer.concat([length, Buffer.from(header), ...data]));
}
