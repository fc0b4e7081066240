/** Format of the numbers in the KV ring. */
export type CacheDtype = 'f32' | 'f16';

/** Bytes of a number in the KV ring. */
export const CACHE_BYTES = { f32: 4, f16: 2 } as const satisfies Record<CacheDtype, number>;

/** The `override cache_f16` of every shader that reads or writes the KV ring. */
export function cacheOverride(dtype: CacheDtype): number {
  return dtype === 'f16' ? 1 : 0;
}
