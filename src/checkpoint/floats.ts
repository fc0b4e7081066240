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
/** The least normal number of f16. */
const LEAST_NORMAL = 2 ** -14;
/** Steps between f16 numbers below that. */
const LEAST_STEP = 2 ** -24;

/** Numbers as f16, rounded to the nearest, halves to the even one. Throws `bad-model` for one that f16 cannot hold. */
export function encodeHalves(numbers: Float32Array, name: string): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(numbers.length);
  for (let index = 0; index < numbers.length; index++) {
    const word = words[index]!;
    const magnitude = Math.abs(numbers[index]!);
    if (magnitude >= TOO_LARGE) {
      const advice = 'Export it with --dtype f32';
      throw new UnmaskError('bad-model', `${name} holds ${numbers[index]}, too large for f16. ${advice}.`);
    }
    const sign = (word >>> 16) & 0x8000;
    halves[index] =
      sign | (magnitude < LEAST_NORMAL ? roundEven(magnitude / LEAST_STEP) : normalHalf(word & 0x7fffffff));
  }
  return new Uint8Array(halves.buffer);
}

/** f16 of the bits of a positive f32: the exponent's bias is 15 instead of 127, and 13 bits are rounded away. */
function normalHalf(bits: number): number {
  const half = bits - (112 << 23);
  return (half + 0xfff + ((half >>> 13) & 1)) >>> 13;
}

/** Rounds a positive number, halves to the even one. */
function roundEven(number: number): number {
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => byte);
/** OCP 8-bit floating point, revision 1.0. E4M3 has no infinities, and one NaN of either sign. */
const EVERY_E4M3 = Float32Array.from(EVERY_BYTE, (byte) =>
  (byte & 0x7f) === 0x7f ? Number.NaN : smallFloat(byte, 4, 3),
);
/** E5M2 is the upper half of an f16. */
const EVERY_E5M2 = Float32Array.from(EVERY_BYTE, (byte) => halfFloat(byte << 8));

let halves: Float32Array | undefined;

/** What each of the 65,536 halves is; made when first needed. */
function everyHalf(): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfFloat(bits));
  return halves;
}

/** The number of 16 bits of IEEE 754. */
function halfFloat(bits: number): number {
  if ((bits & 0x7c00) !== 0x7c00) return smallFloat(bits, 5, 10);
  if ((bits & 0x3ff) !== 0) return Number.NaN;
  return bits & 0x8000 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A finite number of a sign bit and these bits. */
function smallFloat(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = (bits >> (exponentBits + mantissaBits)) & 1 ? -1 : 1;
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = (bits & ((1 << mantissaBits) - 1)) / (1 << mantissaBits);
  const bias = (1 << (exponentBits - 1)) - 1;
  return sign * (exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias));
}

/** The number that each pattern of bits stands for. */
function lookUp(bits: Uint8Array | Uint16Array, table: Float32Array): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) numbers[index] = table[bits[index]!]!;
  return numbers;
}
