import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { UnmaskError } from '../errors';
import { decodeFloats, FLOAT_BYTES, type FloatType } from './floats';

/** One tensor in a safetensors file, not yet read. */
export interface TensorEntry {
  readonly shape: readonly number[];
  /**
   * Its numbers in row-major order as f32, at most `most` at a time. A piece belongs to the caller until it asks
   * for the next one. Throws `bad-model` for a type that holds no floats.
   */
  pieces(most: number): AsyncGenerator<Float32Array<ArrayBuffer>>;
}

/** The header is JSON; no real one comes near this size, in bytes. */
const LARGEST_HEADER = 100_000_000;

/** A safetensors file that stays open for its tensors to be read one by one. Source: the format's specification. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  close(): Promise<void>;
}

/** Opens a safetensors file and checks its header. Throws `bad-model` naming what is wrong. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path).catch((cause: unknown) => {
    throw new UnmaskError('bad-model', `${path} cannot be read. Put the checkpoint's weights there.`, { cause });
  });
  try {
    const tensors = await readHeader(file, basename(path));
    return { tensors, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: FileHandle, name: string): Promise<Map<string, TensorEntry>> {
  const { size } = await file.stat();
  const length = size < 8 ? Number.NaN : Number((await readBytes(file, 0, 8)).getBigUint64(0, true));
  if (!(length <= LARGEST_HEADER && 8 + length <= size)) throw damaged(name, 'it has no header');
  const header = parseHeader(await readBytes(file, 8, length), name);
  const dataStart = 8 + length;
  return new Map(
    Object.entries(header)
      .filter(([tensor]) => tensor !== '__metadata__')
      .map(([tensor, entry]) => [tensor, tensorEntry(file, `${tensor} in ${name}`, entry, dataStart, size)]),
  );
}

function parseHeader(bytes: DataView, name: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return { ...header };
  } catch {
    // Told below.
  }
  throw damaged(name, 'its header is not a JSON object');
}

function tensorEntry(file: FileHandle, name: string, entry: unknown, dataStart: number, fileSize: number): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
  if (!areCounts(shape) || !areCounts(offsets) || offsets.length !== 2) throw damaged(name, 'it has no shape or place');
  const [start, end] = offsets as [number, number];
  if (start > end || dataStart + end > fileSize) throw damaged(name, 'it lies outside the file');
  return {
    shape,
    async *pieces(most) {
      if (!isFloatType(dtype)) {
        throw damaged(name, `its type is ${String(dtype)}, and weights must be ${Object.keys(FLOAT_BYTES).join(', ')}`);
      }
      const length = shape.reduce((product, axis) => product * axis, 1);
      const size = FLOAT_BYTES[dtype];
      if (length * size !== end - start) {
        throw damaged(name, `its shape [${shape.join(', ')}] does not fit its ${end - start} bytes`);
      }
      const bytes = new Uint8Array(Math.min(most, length) * size);
      for (let from = 0; from < length; from += most) {
        const count = Math.min(most, length - from);
        await fill(bytes.subarray(0, count * size), file, dataStart + start + from * size);
        yield decodeFloats(bytes.buffer, count, dtype);
      }
    },
  };
}

function isFloatType(dtype: unknown): dtype is FloatType {
  return typeof dtype === 'string' && Object.hasOwn(FLOAT_BYTES, dtype);
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<DataView<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await fill(bytes, file, position);
  return new DataView(bytes.buffer);
}

async function fill(bytes: Uint8Array, file: FileHandle, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw damaged('the file', 'it ends early');
    done += bytesRead;
  }
}

function damaged(what: string, why: string): UnmaskError {
  return new UnmaskError('bad-model', `${what}: ${why}. Download or save the checkpoint again.`);
}
