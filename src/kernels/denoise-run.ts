/** What stays the same over a run of blocks that the GPU writes by itself: the uniform `Run`. */
export interface RunSettings {
  readonly policy: keyof typeof POLICY_CODE;
  /** At most MOST_ROWS. */
  readonly blockSize: number;
  /** A divisor of it: the policy works on so many positions at a time. */
  readonly subBlockSize: number;
  readonly maskId: number;
  /** At most MOST_STOP_IDS. */
  readonly stopIds: readonly number[];
  /** Per sub-block, for `ancestral` and `confidence`. */
  readonly steps: number;
  /** The probability of `threshold`, or the nats of `entropy`. */
  readonly bound: number;
  /** A finished block that starts below this position takes the next one along in its clean pass. */
  readonly carryEnd: number;
  readonly predicts: 'own' | 'next';
  readonly cleanAttention: 'block' | 'causal';
  /** The row of the residual stream with the last row of the clean pass before the run. */
  readonly keptRow: number;
  /** See `BlocksRequest`. */
  readonly report: 'reveals' | 'guesses';
}

/** The most predictions of a pass, as in `reveal`. */
export const MOST_ROWS = 32;

/** The most ids that end a text. */
export const MOST_STOP_IDS = 16;

/** Numbers of the policies in the shaders. */
const POLICY_CODE = { 'first-hitting': 0, ancestral: 1, confidence: 2, threshold: 3, entropy: 4 } as const;

/** No id of any model, and no sub-block. */
const NONE = 0xffff_ffff;

export const RUN_BYTES = 48 + 4 * MOST_STOP_IDS;

/** The bytes of `struct Run`; see shaders/parts/run.wgsl. */
export function packRun(run: RunSettings): ArrayBuffer {
  const bytes = new ArrayBuffer(RUN_BYTES);
  const { blockSize, subBlockSize, maskId, steps, carryEnd, keptRow } = run;
  const words = new Uint32Array(bytes);
  words.set([POLICY_CODE[run.policy], blockSize, subBlockSize, maskId, steps]);
  new Float32Array(bytes)[5] = atMost(run.bound);
  const [next, causal] = [run.predicts === 'next', run.cleanAttention === 'causal'].map(Number) as [number, number];
  words.set([carryEnd, next, causal, keptRow, Number(run.report === 'guesses')], 6);
  words.fill(NONE, 12).set(run.stopIds, 12);
  return bytes;
}

/** The greatest f32 that is no more than the bound: an f32 exceeds it just where it exceeds the bound. */
function atMost(bound: number): number {
  const rounded = new Float32Array([bound]);
  // Bounds are not negative, so the f32 below has the bits before.
  if (rounded[0]! > bound) new Uint32Array(rounded.buffer)[0]!--;
  return rounded[0]!;
}

/** Where a run begins. */
export interface RunStart {
  /** Of the first block, in the text. */
  readonly position: number;
  /** The first block's places, true where the id is given and false where it is masked. */
  readonly given: readonly boolean[];
  /** Forward passes of the generation so far. */
  readonly passes: number;
  /** Blocks to write. */
  readonly blocks: number;
}

export const PROGRESS_BYTES = 48;

/** Where `slot` is in it, which counts the passes of a submission: 0 before the first. */
export const SLOT_OFFSET = 40;

/** The bytes of `struct Progress` at the start of a run; see shaders/parts/run.wgsl. */
export function packProgress({ position, given, passes, blocks }: RunStart): Uint32Array<ArrayBuffer> {
  const left = given.filter((is) => !is).length;
  const bits = given.reduce((sum, is, offset) => sum + (is ? 2 ** offset : 0), 0);
  return Uint32Array.of(position, 0, 0, left, bits, passes, blocks, 0, NONE, 0, 0, 0);
}
