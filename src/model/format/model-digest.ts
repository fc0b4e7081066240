import type { Manifest } from './manifest';

/**
 * 12 hex digits that differ between models: FNV-1a over the paths and SHA-256 sums of the manifest's files, in
 * any order. It tells models apart and guards nothing, so it needs no secure context as the platform's sums do.
 */
export function modelDigest({ files }: Pick<Manifest, 'files'>): string {
  const lines = files.map(({ path, sha256 }) => `${path} ${sha256}\n`).sort();
  let hash = 0xcbf29ce484222325n;
  for (const character of lines.join('')) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0').slice(0, 12);
}
