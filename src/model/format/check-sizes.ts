import { UnmaskError } from '../../errors';
import { type Network, tensorsOf } from '../../network/network';
import type { Manifest } from './manifest';
import { storedTensors, weightsLength } from './packing';

/** Bytes of a header that one tensor may take, and that a file may have beside those: several times what is written. */
const HEADER_BYTES = { perTensor: 2 ** 10, perFile: 2 ** 12 };

/**
 * Checks that the files of weights are as long as the network and its dtypes ask for, so that nothing larger than
 * that is ever fetched, or given memory. Throws `bad-model`.
 */
export function checkSizes(manifest: Manifest, network: Network): void {
  const tensors = tensorsOf(network).flatMap((weight) => storedTensors(weight, network, manifest)).length;
  const needed = weightsLength(network, manifest);
  const found = manifest.weights.reduce((sum, path) => sum + bytesOf(manifest, path), 0);
  const files = manifest.weights.length;
  // A file may have a part of a matrix of which another has the rest.
  const headers = HEADER_BYTES.perTensor * (tensors + 2 * files) + HEADER_BYTES.perFile * files;
  if (found >= needed && found <= needed + headers) return;
  throw new UnmaskError(
    'bad-model',
    `manifest.json: the weights have ${found} bytes, and config.json asks for ${needed}. Export the model again.`,
  );
}

/** Bytes of a file that the manifest lists. */
export function bytesOf({ files }: Manifest, path: string): number {
  return files.find((file) => file.path === path)!.bytes;
}
