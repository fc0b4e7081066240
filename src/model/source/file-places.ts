import { UnmaskError } from '../../errors';
import { dataStart, parseHeader } from '../../safetensors/parse-header';
import { LENGTH_BYTES, type TensorPlace } from '../../safetensors/tensor-place';

/** Several times what the largest model takes in one file. */
const LARGEST_HEADER = 2 ** 22;

/** Every tensor begins at a multiple of this many bytes. */
const ALIGNMENT = 4;

/** The tensors of a file of weights, in the order of their bytes. Throws `bad-model` naming the file. */
export function readPlaces(path: string, data: Uint8Array): TensorPlace[] {
  const refuse = (what: string) => unusable(path, what);
  const start = dataStart(data.subarray(0, LENGTH_BYTES), data.length, refuse, LARGEST_HEADER);
  const places = parseHeader(data.subarray(LENGTH_BYTES, start), data.length, refuse);
  const unaligned = places.find(({ offset }) => offset % ALIGNMENT !== 0);
  if (unaligned) throw refuse(`${unaligned.name} does not begin at a multiple of ${ALIGNMENT} bytes`);
  return places;
}

export function unusable(path: string, what: string): UnmaskError {
  return new UnmaskError('bad-model', `${path} cannot be used: ${what}. Export the model again.`);
}
