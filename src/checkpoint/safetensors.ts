import { UnmaskError } from '../errors';
import { dataStart, parseHeader } from '../safetensors/parse-header';
import { LENGTH_BYTES, type TensorPlace } from '../safetensors/tensor-place';
import type { CheckpointFiles } from './checkpoint-files';
import { decodeFloats, FLOAT_BYTES, type FloatType } from './floats';

/** One tensor of a checkpoint, which stays where it is until it is read. */
export interface TensorEntry {
  /** The file that it is in, and the first of its bytes there. */
  readonly path: string;
  readonly offset: number;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Of all its numbers. */
  readonly bytes: number;
  /**
   * So many of its numbers in row-major order as f32, from number `from` on. Throws `bad-model` for a type that
   * holds no floats.
   */
  read(from: number, count: number, signal?: AbortSignal): Promise<Float32Array<ArrayBuffer>>;
  /** So many of its bytes as they are stored. */
  readBytes(from: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Some of its bytes as f32, which may lie where they did. Throws as `read`. */
  decode(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
}

/** The tensors of a safetensors file by their names. Throws `bad-model` naming what is wrong. */
export async function openSafetensors(
  files: CheckpointFiles,
  path: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, TensorEntry>> {
  const size = await files.size(path, signal);
  if (size === null) throw damaged(path, 'it is missing');
  const refuse = (what: string) => damaged(path, what);
  const first = await files.read(path, 0, Math.min(LENGTH_BYTES, size), signal);
  const start = dataStart(first, size, refuse);
  const header = await files.read(path, LENGTH_BYTES, start - LENGTH_BYTES, signal);
  return new Map(parseHeader(header, size, refuse).map((place) => [place.name, entryOf(files, path, place)]));
}

function entryOf(
  files: CheckpointFiles,
  path: string,
  { name, dtype, shape, offset, bytes }: TensorPlace,
): TensorEntry {
  const floatType = (): FloatType => {
    if (isFloatType(dtype)) return dtype;
    const known = Object.keys(FLOAT_BYTES).join(', ');
    throw damaged(path, `${name} is of type ${dtype}, and weights must be ${known}`);
  };
  const readBytes = (from: number, length: number, signal?: AbortSignal) =>
    files.read(path, offset + from, length, signal);
  const decode = ({ buffer, length }: Uint8Array<ArrayBuffer>) => {
    const type = floatType();
    return decodeFloats(buffer, length / FLOAT_BYTES[type], type);
  };
  return {
    path,
    offset,
    dtype,
    shape,
    bytes,
    async read(from, count, signal) {
      const size = FLOAT_BYTES[floatType()];
      return decode(await readBytes(from * size, count * size, signal));
    },
    readBytes,
    decode,
  };
}

function isFloatType(dtype: string): dtype is FloatType {
  return Object.hasOwn(FLOAT_BYTES, dtype);
}

function damaged(path: string, what: string): UnmaskError {
  return new UnmaskError('bad-model', `${path} cannot be used: ${what}. Download or save the checkpoint again.`);
}
