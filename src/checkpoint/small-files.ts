import { UnmaskError } from '../errors';
import type { JsonObject } from '../network/fields';
import { parseUntrustedJson } from '../untrusted-json';
import type { CheckpointFiles } from './checkpoint-files';

/** The largest of what is read whole: tokenizers with a quarter million tokens have 40 MB. */
const LARGEST = 2 ** 27;

/** A JSON object of a checkpoint; undefined where there is no such file. Throws `bad-model`. */
export async function readJson(
  files: CheckpointFiles,
  path: string,
  signal?: AbortSignal,
): Promise<JsonObject | undefined> {
  const bytes = await readIfThere(files, path, signal);
  return bytes && parseJsonObject(path, bytes);
}

/** Throws `bad-model` naming the file where the bytes are not a JSON object. */
export function parseJsonObject(path: string, bytes: Uint8Array): JsonObject {
  const refuse = (what: string) => new UnmaskError('bad-model', `${path} cannot be read: ${what}. ${ADVICE}`);
  const value = parseUntrustedJson(bytes, refuse);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw refuse('it is not a JSON object');
}

const ADVICE = 'Download or save the checkpoint again.';

/** The bytes of a small file; undefined where there is none. Throws `bad-model` for one that is too large. */
export async function readIfThere(
  files: CheckpointFiles,
  path: string,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const size = await files.size(path, signal);
  if (size === null) return undefined;
  if (size > LARGEST) throw new UnmaskError('bad-model', `${path} has more than ${LARGEST} bytes. ${ADVICE}`);
  return files.read(path, 0, size, signal);
}
