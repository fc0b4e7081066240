/** Parameters of a pass; every kernel binds them as the uniform `Pass`. Counts unless noted. */
export interface PassSettings {
  /** Rows that this pass computes; at most `ring` where it attends. */
  readonly rows: number;
  /** Absolute position of row 0. */
  readonly position: number;
  /** Rows that see each other; 1 makes the pass token-causal. See parts/visible-slots.wgsl. */
  readonly blockSize: number;
  /** Slots of the KV ring. */
  readonly ring: number;
  /** 32 bits, unsigned. */
  readonly seed: number;
  /** Counts the forward passes of a generation; in a pass over a tree that of row 0, and one more for each row below it. */
  readonly passNumber: number;
  readonly temperature: number;
  readonly topP: number;
  /** In a pass over a tree, for each row the rows of the pass that it sees, as bits, itself among them; else empty. */
  readonly seen: readonly number[];
}

/** Size of the uniform. */
export const PASS_BYTES = 160;

/** The bytes of `struct Pass` in shaders/parts/pass.wgsl. */
export function packPass(settings: PassSettings): ArrayBuffer {
  const bytes = new ArrayBuffer(PASS_BYTES);
  const { rows, position, blockSize, ring, seed, passNumber, seen } = settings;
  new Uint32Array(bytes).set([rows, position, blockSize, ring, seed, passNumber]);
  new Float32Array(bytes).set([settings.temperature, settings.topP], 6);
  new Uint32Array(bytes).set(seen, 8);
  return bytes;
}
