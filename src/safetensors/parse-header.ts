import type { UnmaskError } from '../errors';
import { parseUntrustedJson } from '../untrusted-json';
import { duplicateKey } from './duplicate-key';
import { DTYPE_BYTES, LENGTH_BYTES, type TensorPlace } from './tensor-place';

/** Makes the error for what is wrong with a file: a clause about it, such as "its header is not JSON". */
type Refuse = (what: string) => UnmaskError;

/** The format's own limit. */
export const LARGEST_HEADER = 100_000_000;

/** Where the data of a file begins, from its first `LENGTH_BYTES`. Throws what `refuse` makes. */
export function dataStart(first: Uint8Array, fileBytes: number, refuse: Refuse, largest = LARGEST_HEADER): number {
  if (first.length < LENGTH_BYTES) throw refuse('it is too short for a header');
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  const start = new TextDecoder('latin1').decode(first.subarray(0, LENGTH_BYTES));
  if (start.startsWith('version ')) throw refuse('it is a pointer of Git LFS: fetch the file that it stands for');
  if (/^\s*</.test(start)) throw refuse('it is a web page');
  if (length > largest) throw refuse(`its header has ${length} bytes, more than ${largest}`);
  const end = LENGTH_BYTES + Number(length);
  if (end > fileBytes) throw refuse('it ends within its header');
  return end;
}

/**
 * The tensors of a file in the order of their bytes, from its header: what stands from `LENGTH_BYTES` to where the
 * data begins. As strict as the format's own library: each name once, and the tensors fill the data without gaps and
 * without overlapping. Throws what `refuse` makes.
 */
export function parseHeader(header: Uint8Array, fileBytes: number, refuse: Refuse): TensorPlace[] {
  const entries = parseUntrustedJson(header, (what) => refuse(`its header cannot be read: ${what}`));
  if (!isObject(entries)) throw refuse('its header is not a JSON object');
  const twice = duplicateKey(new TextDecoder().decode(header));
  if (twice !== null) throw refuse(`its header has ${shown(twice)} twice`);
  const start = LENGTH_BYTES + header.length;
  const places = Object.entries(entries)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => placeOf(name, entry, start, (what) => refuse(`${shown(name)} ${what}`)))
    .sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  checkFilled(places, start, fileBytes, refuse);
  return places;
}

function placeOf(name: string, entry: unknown, start: number, refuse: Refuse): TensorPlace {
  const { dtype, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
  if (typeof dtype !== 'string') throw refuse('has no dtype');
  if (!areCounts(shape)) throw refuse('has no shape of whole numbers');
  if (!areCounts(offsets) || offsets.length !== 2) throw refuse('has no data_offsets, a first byte and an end');
  const [from, to] = offsets as [number, number];
  if (from > to) throw refuse('ends before it begins');
  const bytes = to - from;
  if (Object.hasOwn(DTYPE_BYTES, dtype)) {
    const size = shape.reduce((product, axis) => product * axis, DTYPE_BYTES[dtype as keyof typeof DTYPE_BYTES]);
    if (size !== bytes) throw refuse(`is ${dtype} [${shape.join(', ')}] and has ${bytes} bytes instead of ${size}`);
  }
  return { name, dtype, shape, offset: start + from, bytes };
}

function checkFilled(places: readonly TensorPlace[], start: number, fileBytes: number, refuse: Refuse): void {
  let end = start;
  let before = '';
  for (const { name, offset, bytes } of places) {
    if (offset < end) throw refuse(`${shown(name)} lies over ${shown(before)}`);
    if (offset > end) throw refuse(`no tensor has the ${offset - end} bytes before ${shown(name)}`);
    end = offset + bytes;
    before = name;
    if (end > fileBytes) throw refuse(`${shown(name)} lies outside of it`);
  }
  if (end < fileBytes) throw refuse(`no tensor has its last ${fileBytes - end} bytes`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 8 && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** A name in a message, cut where it is long. */
function shown(name: string): string {
  return name.length > 100 ? `${name.slice(0, 97)}…` : name;
}
