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
  /** Counts the forward passes of a generation; in a pass with a window that of row 0, and each row after it has its own. */
  readonly passNumber: number;
  readonly temperature: number;
  readonly topP: number;
  /** In a pass that verifies a draft the rows before its drafts, else 0. See `src/backends/drafting-pass.ts`. */
  readonly window: number;
}

/** Size of the uniform. */
export const PASS_BYTES = 36;

/** The bytes of `struct Pass { rows, position, block_size, ring, seed, pass_number: u32; temperature, top_p: f32; window: u32 }`. */
export function packPass(settings: PassSettings): ArrayBuffer {
  const bytes = new ArrayBuffer(PASS_BYTES);
  const { rows, position, blockSize, ring, seed, passNumber } = settings;
  new Uint32Array(bytes).set([rows, position, blockSize, ring, seed, passNumber]);
  new Float32Array(bytes).set([settings.temperature, settings.topP], 6);
  new Uint32Array(bytes).set([settings.window], 8);
  return bytes;
}
