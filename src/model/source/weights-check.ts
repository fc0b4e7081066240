import { UnmaskError } from '../../errors';
import { isMatrix, type Matrix, type Network, tensorsOf, type Vector } from '../../network/network';
import type { TensorPlace } from '../../safetensors/tensor-place';
import {
  dtypeOf,
  type MatrixPart,
  matrixTensors,
  type Packing,
  type StoredTensor,
  vectorTensor,
  type WeightDtype,
  wholeMatrix,
} from '../format/packing';
import { unusable } from './file-places';
import type { PlacedTensor, StoredPart } from './stored-part';

/** What a tensor's name stands for. */
type Expected = { readonly matrix: Matrix; readonly dtype: WeightDtype } | { readonly vector: Vector };

/** A part of a matrix as its tensors tell of it. */
interface FoundPart {
  readonly expected: Expected;
  readonly number: number | null;
  readonly places: TensorPlace[];
}

const TYPES: Readonly<Record<string, StoredTensor['type']>> = { F32: 'float32', F16: 'float16', U8: 'uint8' };

/** A part's number at the end of a tensor's name. */
const NUMBER = /^(.+)\.(0|[1-9]\d{0,5})$/;

/** Holds the tensors of a model's files, one file after the other, to its network and dtypes. */
export class WeightsCheck {
  readonly #expected = new Map<string, Expected>();
  /** The rows of each matrix, and the numbers of each vector, that have come. */
  readonly #rows = new Map<Matrix | Vector, number>();
  /** Parts of each matrix that have come; −1 where it came whole. */
  readonly #parts = new Map<Matrix, number>();

  constructor(network: Network, packing: Packing) {
    for (const weight of tensorsOf(network)) {
      this.#rows.set(weight, 0);
      if (!isMatrix(weight)) {
        this.#expected.set(weight.name, { vector: weight });
        continue;
      }
      const dtype = dtypeOf(weight, network, packing);
      for (const { name } of matrixTensors(wholeMatrix(weight, dtype))) {
        this.#expected.set(name, { matrix: weight, dtype });
      }
    }
  }

  /** The parts of weights in a file. Throws `bad-model` naming the file and the tensor. */
  partsOf(path: string, places: readonly TensorPlace[]): StoredPart[] {
    const refuse = (what: string) => unusable(path, what);
    const found = new Map<string, FoundPart>();
    for (const place of places) {
      const part = this.#read(place, refuse);
      const { expected, number } = part;
      const key = `${'matrix' in expected ? expected.matrix.name : expected.vector.name} ${number}`;
      const before = found.get(key);
      if (before) before.places.push(place);
      else found.set(key, { ...part, places: [place] });
    }
    // A matrix's parts in the order of its rows, whatever the order of their bytes.
    const parts = [...found.values()].sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
    return parts.map((part) => this.#take(part, refuse));
  }

  /** Throws `bad-model` where something has not come. */
  finish(): void {
    for (const [weight, rows] of this.#rows) {
      const all = isMatrix(weight) ? weight.rows : weight.size;
      if (rows === all) continue;
      const what = rows === 0 ? `${weight.name} is missing` : `${weight.name} has ${rows} rows instead of ${all}`;
      throw new UnmaskError('bad-model', `The weights do not fit config.json: ${what}. Export the model again.`);
    }
  }

  #read({ name }: TensorPlace, refuse: (what: string) => UnmaskError): Pick<FoundPart, 'expected' | 'number'> {
    const whole = this.#expected.get(name);
    if (whole) return { expected: whole, number: null };
    const [, base, number] = NUMBER.exec(name) ?? [];
    const expected = base === undefined ? undefined : this.#expected.get(base);
    if (expected && 'matrix' in expected) return { expected, number: Number(number) };
    throw refuse(`it has ${name.slice(0, 100)}, which config.json does not ask for`);
  }

  #take({ expected, number, places }: FoundPart, refuse: (what: string) => UnmaskError): StoredPart {
    if ('vector' in expected) {
      const { vector } = expected;
      if (this.#rows.get(vector)! > 0) throw refuse(`${vector.name} has come before`);
      this.#rows.set(vector, vector.size);
      return { vector, tensors: placedTensors([vectorTensor(vector)], places, refuse) };
    }
    const { matrix, dtype } = expected;
    const firstRow = this.#rows.get(matrix)!;
    const due = this.#parts.get(matrix) ?? 0;
    if (due === -1 || (number === null && due > 0)) throw refuse(`${places[0]!.name} has come before`);
    if (number !== null && number !== due) throw refuse(`${places[0]!.name} is there where part ${due} is due`);
    const rows = number === null ? matrix.rows : (places[0]!.shape[0] ?? 0);
    if (rows < 1 || firstRow + rows > matrix.rows) {
      throw refuse(`${places[0]!.name} has ${rows} rows where ${matrix.rows - firstRow} are left of ${matrix.rows}`);
    }
    const part: MatrixPart = { matrix, dtype, firstRow, rows, number };
    const tensors = placedTensors(matrixTensors(part), places, refuse);
    // Whoever joins the parts copies whole words.
    const isCut = firstRow + rows < matrix.rows && tensors.some(({ bytes }) => bytes % 4 !== 0);
    if (isCut) throw refuse(`${places[0]!.name} is no whole number of words`);
    this.#rows.set(matrix, firstRow + rows);
    this.#parts.set(matrix, number === null ? -1 : number + 1);
    return { matrix, dtype, firstRow, rows, tensors };
  }
}

function placedTensors(
  tensors: readonly StoredTensor[],
  places: readonly TensorPlace[],
  refuse: (what: string) => UnmaskError,
): PlacedTensor[] {
  return tensors.map((tensor) => {
    const place = places.find(({ name }) => name === tensor.name);
    if (!place) throw refuse(`${tensor.name} is not in it, and other tensors of that weight are`);
    const { dtype, shape, offset, bytes } = place;
    if (TYPES[dtype] !== tensor.type || `${shape}` !== `${tensor.shape}`) {
      const expected = `${tensor.type} [${tensor.shape.join(', ')}]`;
      throw refuse(`${tensor.name} is ${TYPES[dtype] ?? dtype} [${shape.join(', ')}] and should be ${expected}`);
    }
    return { ...tensor, offset, bytes };
  });
}
