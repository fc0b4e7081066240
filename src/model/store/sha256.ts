import { createSHA256 } from 'hash-wasm';
import { filePieces } from './private-files';

/** Of a file, a piece at a time: lower-case hex. */
export async function sha256Of(file: Blob): Promise<string> {
  const hasher = await createSHA256();
  for await (const piece of filePieces(file)) hasher.update(piece);
  return hasher.digest('hex');
}
