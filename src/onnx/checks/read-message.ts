import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Reads the value of a field, which has that wire type; the reader is somewhere in these bytes. */
type ReadField = (reader: BinaryReader, wireType: WireType, bytes: Uint8Array) => void;

/** The fields that a message may have, by their numbers. */
export interface Fields {
  /** Each at most once. */
  readonly once?: Readonly<Record<number, ReadField>>;
  /** Each as often as `MOST_REPEATS` allows. */
  readonly repeated?: Readonly<Record<number, ReadField>>;
}

/** In one message. A graph of 256 layers has a quarter of them. */
const MOST_REPEATS = 2 ** 16;

/**
 * Reads a protobuf message that is not trusted, and whose fields are these and no others. Throws an Error that
 * says what is wrong: also of a field that came before, which readers are free to overwrite, or to merge with.
 */
export function readMessage(bytes: Uint8Array, { once = {}, repeated = {} }: Fields): void {
  const reader = new BinaryReader(bytes);
  const seen = new Set<number>();
  for (let count = 0; reader.pos < reader.len; count++) {
    const [field, wireType] = reader.tag();
    if (once[field] && seen.has(field)) throw new Error(`field ${field} is there twice`);
    const read = once[field] ?? repeated[field];
    if (!read) throw new Error(`field ${field} is none of those that are known`);
    if (count > MOST_REPEATS) throw new Error(`a message has more than ${MOST_REPEATS} fields`);
    seen.add(field);
    read(reader, wireType, bytes);
  }
  if (reader.pos !== reader.len) throw new Error('it ends within a field');
}

/** A field that is a text of at most so many bytes. */
export function text(take: (value: string) => void, longest = 256): ReadField {
  return bytes((value) => {
    if (value.length > longest) throw new Error(`a text has more than ${longest} bytes`);
    take(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value));
  });
}

/** A field that is a message or other bytes. */
export function bytes(take: (value: Uint8Array) => void): ReadField {
  return (reader, wireType) => {
    expectWire(wireType, WireType.LengthDelimited);
    take(reader.bytes());
  };
}

/** A field that is a whole number. */
export function integer(take: (value: number) => void): ReadField {
  return (reader, wireType, bytes) => {
    expectWire(wireType, WireType.Varint);
    take(safeInteger(reader, bytes));
  };
}

/** A field that is a list of whole numbers, packed or one at a time. */
export function integers(take: (value: number) => void): ReadField {
  return (reader, wireType, bytes) => {
    if (wireType === WireType.Varint) return take(safeInteger(reader, bytes));
    expectWire(wireType, WireType.LengthDelimited);
    const packed = reader.bytes();
    const inside = new BinaryReader(packed);
    while (inside.pos < inside.len) take(safeInteger(inside, packed));
  };
}

/** A field that is an f32. */
export function float(take: (value: number) => void): ReadField {
  return (reader, wireType) => {
    expectWire(wireType, WireType.Bit32);
    take(reader.float());
  };
}

function safeInteger(reader: BinaryReader, bytes: Uint8Array): number {
  const start = reader.pos;
  const value = Number(reader.int64());
  // The tenth byte has one bit of the 64; readers differ in what they make of more.
  const overflows = reader.pos - start === 10 && bytes[reader.pos - 1]! > 1;
  if (overflows || !Number.isSafeInteger(value)) throw new Error('a number is too large');
  return value;
}

function expectWire(found: WireType, expected: WireType): void {
  if (found !== expected) throw new Error(`a field has the wire type ${found} and should have ${expected}`);
}
