import { readFile } from 'node:fs/promises';

/** The tensors of a safetensors file as numbers, row-major, by their names: those of F32, BF16 and I64. */
export async function plainSafetensors(path: string): Promise<Map<string, number[]>> {
  const file = await readFile(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__, ...header } = JSON.parse(file.subarray(8, start).toString());
  return new Map(
    Object.entries<{ dtype: string; data_offsets: [number, number] }>(header).map(([name, entry]) => {
      const [from, to] = entry.data_offsets.map((offset) => start + offset) as [number, number];
      const read = READERS[entry.dtype]!;
      const length = (to - from) / read.bytes;
      return [name, Array.from({ length }, (_, index) => read.at(file, from + index * read.bytes))];
    }),
  );
}

const READERS: Record<string, { bytes: number; at: (file: Buffer, offset: number) => number }> = {
  F32: { bytes: 4, at: (file, offset) => file.readFloatLE(offset) },
  BF16: { bytes: 2, at: (file, offset) => upperHalf(file.readUInt16LE(offset)) },
  I64: { bytes: 8, at: (file, offset) => Number(file.readBigInt64LE(offset)) },
};

function upperHalf(bits: number): number {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(bits * 2 ** 16);
  return word.readFloatLE(0);
}
