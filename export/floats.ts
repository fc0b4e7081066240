import { Float16Array } from '@petamoriken/float16';
import { UnmaskError } from '../src/errors';

/** The float types that safetensors knows, and the bytes of one number. */
export const FLOAT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 } as const;

export type FloatType = keyof typeof FLOAT_BYTES;

/** Little-endian numbers of a float type as f32; those of F64 are rounded. */
export function decodeFloats({ buffer, byteLength }: DataView<ArrayBuffer>, type: FloatType): Float32Array {
  switch (type) {
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return Float32Array.from(new Float16Array(buffer));
    case 'BF16': {
      // The upper half of an f32.
      const bits = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    case 'F8_E4M3':
      return decodeBytes(buffer, byteLength, EVERY_E4M3);
    case 'F8_E5M2':
      return decodeBytes(buffer, byteLength, EVERY_E5M2);
    default:
      return type satisfies never;
  }
}

/** Numbers as f16, rounded to the nearest. Throws `bad-model` for one that f16 cannot hold. */
export function encodeHalves(numbers: Float32Array, name: string): Uint8Array<ArrayBuffer> {
  const halves = new Float16Array(numbers);
  const lost = halves.findIndex((half, index) => !Number.isFinite(half) && Number.isFinite(numbers[index]!));
  if (lost !== -1) {
    throw new UnmaskError(
      'bad-model',
      `${name} holds ${numbers[lost]}, too large for f16. Export it with --dtype f32.`,
    );
  }
  return new Uint8Array(halves.buffer as ArrayBuffer);
}

const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => byte);
/** OCP 8-bit floating point, revision 1.0. E4M3 has no infinities, and one NaN of either sign. */
const EVERY_E4M3 = EVERY_BYTE.map((byte) => ((byte & 0x7f) === 0x7f ? Number.NaN : smallFloat(byte, 4, 3)));
/** E5M2 is the upper half of an f16. */
const EVERY_E5M2 = EVERY_BYTE.map((byte) => new Float16Array(Uint16Array.of(byte << 8).buffer)[0]!);

function smallFloat(byte: number, exponentBits: number, mantissaBits: number): number {
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte & 0x7f) >> mantissaBits;
  const mantissa = (byte & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  const bias = (1 << (exponentBits - 1)) - 1;
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias));
}

function decodeBytes(buffer: ArrayBuffer, byteLength: number, table: readonly number[]): Float32Array {
  return Float32Array.from(new Uint8Array(buffer, 0, byteLength), (byte) => table[byte]!);
}
