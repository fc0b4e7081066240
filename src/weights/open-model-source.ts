import { UnmaskError } from '../errors';
import { type ManifestFile, MODEL_FILES, parseManifest } from './manifest';
import { parseModelConfig } from './model-config';
import type { ModelSource } from './model-source';

/**
 * Reads a file of a model folder from wherever the folder is, unchecked but for its length: a file of
 * more than `limit` bytes throws `tooLong` without being read to its end.
 */
export type ReadFile = (path: string, limit: number, signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>;

const MANIFEST = 'manifest.json';

/** Bytes. A manifest takes about 1 KiB, and nothing else says how long it may be. */
const MANIFEST_LIMIT = 2 ** 20;

/**
 * Opens a model folder through `readFile`. All of it is untrusted: every file but the manifest must have
 * the length and the SHA-256 that the manifest says.
 *
 * The hash finds damage, such as a file of another export; it is no guard against an attacker, who would
 * change the manifest too. So where the browser offers no hashing, which is on pages of plain http from
 * another machine, the length alone is checked rather than the model refused.
 *
 * Throws what `readFile` throws, and `bad-model` where the manifest or the config cannot be used.
 */
export async function openModelSource(readFile: ReadFile, signal?: AbortSignal): Promise<ModelSource> {
  const manifest = parseManifest(parseJson(MANIFEST, await readFile(MANIFEST, MANIFEST_LIMIT, signal)));

  async function read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const file = manifest.files.find((file) => file.path === path);
    if (!file) throw new UnmaskError('bad-model', `${MANIFEST} does not list ${path}. Export the model again.`);
    const bytes = await readFile(path, file.bytes, signal);
    await check(file, bytes);
    signal?.throwIfAborted();
    return bytes;
  }
  const config = parseModelConfig(parseJson(MODEL_FILES.config, await read(MODEL_FILES.config, signal)));
  return { manifest, config, read };
}

/** What a file with more than `limit` bytes throws. */
export function tooLong(path: string, limit: number): UnmaskError {
  return damaged(path, `it has more than ${limit} bytes`);
}

async function check({ path, bytes: length, sha256 }: ManifestFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.length !== length) throw damaged(path, `it has ${bytes.length} bytes and should have ${length}`);
  // Typed as always there, but missing where the page is not a secure context.
  const subtle: SubtleCrypto | undefined = crypto.subtle;
  if (!subtle) return;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== sha256) throw damaged(path, 'its SHA-256 is not the one in the manifest');
}

function damaged(path: string, what: string): UnmaskError {
  return new UnmaskError('bad-model', `${path} is damaged: ${what}. Get or export the model again.`);
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged(path, 'it is not JSON');
  }
}
