/** The types of safetensors that this code knows, and the bytes of one number. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** A tensor as the header of a safetensors file has it. */
export interface TensorPlace {
  readonly name: string;
  /** Of `DTYPE_BYTES`, or one that this code does not know. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The first of its bytes in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** Bytes of a file before its header: the header's length, little-endian. */
export const LENGTH_BYTES = 8;
