import { UnmaskError } from '../../errors';
import { parseModelConfig } from '../../network/families';
import { parseUntrustedJson } from '../../untrusted-json';
import { checkSizes } from '../format/check-sizes';
import { type Manifest, type ManifestFile, MODEL_FILES, parseManifest } from '../format/manifest';
import type { ModelSource } from './model-source';

/**
 * Reads a file of a model folder from wherever the folder is, unchecked but for its length: a file of
 * more than `limit` bytes throws `tooLong` without being read to its end.
 */
export type ReadFile = (path: string, limit: number, signal?: AbortSignal) => Promise<Uint8Array<ArrayBuffer>>;

/** The name of a model folder's manifest. */
export const MANIFEST = 'manifest.json';

/** Bytes. A manifest takes about 1 KiB, and nothing else says how long it may be. */
export const MANIFEST_LIMIT = 2 ** 20;

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
  return openFilesOf(manifestOf(await readFile(MANIFEST, MANIFEST_LIMIT, signal)), readFile, signal);
}

/** The same with a manifest that is known. */
export async function openFilesOf(manifest: Manifest, readFile: ReadFile, signal?: AbortSignal): Promise<ModelSource> {
  async function read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const file = manifest.files.find((file) => file.path === path);
    if (!file) throw new UnmaskError('bad-model', `${MANIFEST} does not list ${path}. Export the model again.`);
    const bytes = await readFile(path, file.bytes, signal);
    await check(file, bytes);
    signal?.throwIfAborted();
    return bytes;
  }
  const config = parseModelConfig(parseJson(MODEL_FILES.config, await read(MODEL_FILES.config, signal)));
  checkSizes(manifest, config.network);
  const { dtype, embeddingDtype } = manifest;
  return { manifest, config, packing: { dtype, embeddingDtype }, read };
}

/** The manifest in the bytes of its file. Throws `bad-model`. */
export function manifestOf(bytes: Uint8Array): Manifest {
  return parseManifest(parseJson(MANIFEST, bytes));
}

/** What a file throws that is not what the manifest says. */
export class DamagedFile extends UnmaskError {
  readonly path: string;

  constructor(path: string, what: string) {
    super('bad-model', `${path} is damaged: ${what}. Get or export the model again.`);
    this.path = path;
  }
}

/** What a file with more than `limit` bytes throws. */
export function tooLong(path: string, limit: number): DamagedFile {
  return new DamagedFile(path, `it has more than ${limit} bytes`);
}

/** What a folder without a manifest throws. */
export function noModelFolder(folder: string): UnmaskError {
  const advice = 'Check its address, or make one from a checkpoint with "npm run export".';
  return new UnmaskError('bad-model', `${folder} is not an Unmask model folder: it has no ${MANIFEST}. ${advice}`);
}

async function check(file: ManifestFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  checkLength(file, bytes.length);
  // Typed as always there, but missing where the page is not a secure context.
  const subtle: SubtleCrypto | undefined = crypto.subtle;
  if (!subtle) return;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  checkSha256(file, Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}

/** Throws where a file has another length than its manifest says. */
export function checkLength({ path, bytes }: ManifestFile, found: number): void {
  if (found !== bytes) throw new DamagedFile(path, `it has ${found} bytes and should have ${bytes}`);
}

/** Throws where a file has another SHA-256 than its manifest says. */
export function checkSha256({ path, sha256 }: ManifestFile, found: string): void {
  if (found !== sha256) throw new DamagedFile(path, 'its SHA-256 is not the one in the manifest');
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  return parseUntrustedJson(bytes, (what) => new DamagedFile(path, what));
}
