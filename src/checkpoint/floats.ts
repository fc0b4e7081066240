import { Float16Array } from '@petamoriken/float16';
import { UnmaskError } from '../errors';

/** The float types that safetensors knows, and the bytes of one number. */
export const FLOAT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 } as const;

export type FloatType = keyof typeof FLOAT_BYTES;

/** Little-endian numbers of a float type as f32, those of F64 rounded. `buffer` begins with them; F32 stays in it. */
export function decodeFloats(buffer: ArrayBuffer, length: number, type: FloatType): Float32Array<ArrayBuffer> {
  switch (type) {
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, 0, length));
    case 'F32':
      return new Float32Array(buffer, 0, length);
    case 'F16':
      return lookUp(new Uint16Array(buffer, 0, length), everyHalf());
    case 'BF16': {
      // The upper half of an f32.
      const bits = new Uint32Array(length);
      const halves = new Uint16Array(buffer, 0, length);
      for (let index = 0; index < length; index++) bits[index] = halves[index]! << 16;
      return new Float32Array(bits.buffer);
    }
    case 'F8_E4M3':
      return lookUp(new Uint8Array(buffer, 0, length), EVERY_E4M3);
    case 'F8_E5M2':
      return lookUp(new Uint8Array(buffer, 0, length), EVERY_E5M2);
    default:
      return type satisfies never;
  }
}

/** The least magnitude that f16 has no number for: halfway from its largest to the next, were there one. */
const TOO_LARGE = 65_520;

/** Numbers as f16, rounded to the nearest. Throws `bad-model` for one that f16 cannot hold. */
export function encodeHalves(numbers: Float32Array, name: string): Uint8Array<ArrayBuffer> {
  const lost = numbers.find((number) => Math.abs(number) >= TOO_LARGE);
  if (lost !== undefined) {
    throw new UnmaskError('bad-model', `${name} holds ${lost}, too large for f16. Export it with --dtype f32.`);
  }
  return new Uint8Array(new Float16Array(numbers).buffer as ArrayBuffer);
}

const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => byte);
/** OCP 8-bit floating point, revision 1.0. E4M3 has no infinities, and one NaN of either sign. */
const EVERY_E4M3 = Float32Array.from(EVERY_BYTE, (byte) =>
  (byte & 0x7f) === 0x7f ? Number.NaN : smallFloat(byte, 4, 3),
);
/** E5M2 is the upper half of an f16. */
const EVERY_E5M2 = Float32Array.from(EVERY_BYTE, (byte) => new Float16Array(Uint16Array.of(byte << 8).buffer)[0]!);

let halves: Float32Array | undefined;

/** What each of the 65,536 halves is; made when first needed. */
function everyHalf(): Float32Array {
  halves ??= Float32Array.from(new Float16Array(Uint16Array.from({ length: 65_536 }, (_, bits) => bits).buffer));
  return halves;
}

function smallFloat(byte: number, exponentBits: number, mantissaBits: number): number {
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte & 0x7f) >> mantissaBits;
  const mantissa = (byte & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  const bias = (1 << (exponentBits - 1)) - 1;
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias));
}

/** The number that each pattern of bits stands for. */
function lookUp(bits: Uint8Array | Uint16Array, table: Float32Array): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) numbers[index] = table[bits[index]!]!;
  return numbers;
}
