import { byteLength } from '../model/format/packing';
import { type FileInPlace, writeAt } from '../model/store/private-files';
import { isMatrix, type Weight } from '../network/network';
import type { PlannedFile, PlannedPart } from './plan-files';
import { bytesOf, storedBytes } from './stored-bytes';

/** Rows of a weight in one file; a vector is rows of one number. */
interface RowsPlace {
  readonly path: string;
  readonly part: PlannedPart;
  readonly firstRow: number;
  readonly rows: number;
  /** Of each tensor of the part: where it begins, and the bytes of a row. */
  readonly tensors: readonly { readonly at: number; readonly rowBytes: number }[];
}

/** The rows of a weight that source rows become: row r is `first + r · every`. */
export interface RowOrder {
  readonly first: number;
  readonly every: number;
}

/** Writes rows of weights to their places in the planned files, in any order. */
export class RowWriter {
  readonly #places = new Map<string, RowsPlace[]>();
  readonly #files: ReadonlyMap<string, FileInPlace>;
  readonly #unflushed = new Set<FileInPlace>();

  /** `files` are the open files by their paths. */
  constructor(planned: readonly PlannedFile[], files: ReadonlyMap<string, FileInPlace>) {
    this.#files = files;
    for (const { path, header, parts } of planned) {
      let at = header.length;
      for (const part of parts) {
        const name = 'matrix' in part ? part.matrix.name : part.vector.name;
        const [firstRow, rows] = 'matrix' in part ? [part.firstRow, part.rows] : [0, part.vector.size];
        const tensors = part.tensors.map((tensor) => {
          const place = { at, rowBytes: byteLength(tensor) / rows };
          at += byteLength(tensor);
          return place;
        });
        this.#places.set(name, [...(this.#places.get(name) ?? []), { path, part, firstRow, rows, tensors }]);
      }
    }
  }

  /** Numbers of source rows from `from` on, row-major. Throws `bad-model` for numbers too large for f16. */
  write(weight: Weight, { first, every }: RowOrder, from: number, numbers: Float32Array): void {
    const columns = isMatrix(weight) ? weight.columns : 1;
    const count = numbers.length / columns;
    const rowAt = (index: number) => first + (from + index) * every;
    for (const place of this.#places.get(weight.name)!) {
      const begin = Math.max(0, Math.ceil((place.firstRow - rowAt(0)) / every));
      const end = Math.min(count, Math.ceil((place.firstRow + place.rows - rowAt(0)) / every));
      if (begin >= end) continue;
      const rows = numbers.subarray(begin * columns, end * columns);
      this.#writePart(place, rowAt(begin) - place.firstRow, every, rows);
    }
  }

  /** Puts what was written on the disk. */
  flush(): void {
    for (const file of this.#unflushed) file.flush();
    this.#unflushed.clear();
  }

  /** Rows `row`, `row + every`, … of a part. */
  #writePart({ path, part, tensors }: RowsPlace, row: number, every: number, numbers: Float32Array) {
    const file = this.#files.get(path)!;
    this.#unflushed.add(file);
    const all = 'matrix' in part ? storedBytes(part.matrix, part.dtype, numbers) : [bytesOf(numbers.slice())];
    for (const [index, stored] of all.entries()) {
      const bytes = stored as Uint8Array<ArrayBuffer>;
      const { at, rowBytes } = tensors[index]!;
      const place = at + row * rowBytes;
      writeAt(file, every === 1 ? bytes : amongOthers(file, place, rowBytes, every, bytes), place);
    }
  }
}

/** The bytes from one place on with every so-maniest row replaced. Larger writes take less time than many small ones. */
function amongOthers(
  file: FileInPlace,
  at: number,
  rowBytes: number,
  every: number,
  rows: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const count = rows.length / rowBytes;
  const all = new Uint8Array(((count - 1) * every + 1) * rowBytes);
  file.read(all, { at });
  for (let row = 0; row < count; row++) {
    all.set(rows.subarray(row * rowBytes, (row + 1) * rowBytes), row * every * rowBytes);
  }
  return all;
}
