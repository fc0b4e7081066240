import { createHash } from 'node:crypto';
import type { ServedFile } from '../hub-server';

/** Numbers of a tensor, all from `centre − spread` to `centre + spread`. */
export interface GeneratedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly centre: number;
  readonly spread: number;
}

/** Numbers that are drawn; a prime, so that rows of no tensor repeat each other. */
const DRAWN = 1_048_573;
const BYTES = 2;
const PIECE = 2 ** 20;

/** A safetensors file of random bf16 whose bytes are made when they are asked for, the same each time. */
export class GeneratedFile implements ServedFile {
  readonly length: number;
  readonly sha256: string;
  readonly #header: Buffer;
  readonly #tensors: readonly { readonly begin: number; readonly end: number; readonly numbers: Buffer }[];

  constructor(tensors: readonly GeneratedTensor[]) {
    const drawn = drawNumbers();
    const kinds = new Map<string, Buffer>();
    const entries: [string, object][] = [];
    let end = 0;
    this.#tensors = tensors.map(({ name, shape, centre, spread }) => {
      const begin = end;
      end += shape.reduce((product, axis) => product * axis, BYTES);
      entries.push([name, { dtype: 'BF16', shape, data_offsets: [begin, end] }]);
      const kind = `${centre} ${spread}`;
      const numbers = kinds.get(kind) ?? bf16Of(drawn, centre, spread);
      kinds.set(kind, numbers);
      return { begin, end, numbers };
    });
    const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
    this.#header = Buffer.concat([Buffer.alloc(8), json]);
    this.#header.writeBigUInt64LE(BigInt(json.length));
    this.length = this.#header.length + end;
    const hash = createHash('sha256');
    for (const piece of this.pieces(0, this.length)) hash.update(piece);
    this.sha256 = hash.digest('hex');
  }

  /** The bytes from one on up to another. */
  *pieces(from: number, to: number): Generator<Buffer> {
    const start = this.#header.length;
    if (from < start) yield this.#header.subarray(from, Math.min(to, start));
    for (const { begin, end, numbers } of this.#tensors) {
      let at = Math.max(from, start + begin);
      const last = Math.min(to, start + end);
      while (at < last) {
        // Each tensor begins elsewhere among the numbers, so that none is another's copy.
        const place = (at - start - begin + 7919 * BYTES * (begin % DRAWN)) % numbers.length;
        const piece = numbers.subarray(place, place + Math.min(PIECE, last - at));
        yield piece;
        at += piece.length;
      }
    }
  }
}

/** Uniform in −1 … 1: Mulberry32. */
function drawNumbers(): Float32Array {
  let state = 7;
  return Float32Array.from({ length: DRAWN }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Numbers spread around a centre, cut to the upper halves of f32. */
function bf16Of(drawn: Float32Array, centre: number, spread: number): Buffer {
  const words = new Uint32Array(drawn.map((number) => centre + spread * number).buffer);
  return Buffer.from(Uint16Array.from(words, (word) => word >>> 16).buffer);
}
