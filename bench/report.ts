/** What a run of the benchmark found: what `--json` prints and the page copies. Times are in ms. */
export interface BenchReport {
  /** `google swiftshader (software)`: figures of another adapter say nothing of this one. */
  readonly adapter: string;
  /** `Chrome/156.0.0.0 …` as the browser calls itself. */
  readonly browser: string;
  /** Of the code that was measured. */
  readonly commit: string;
  readonly scope: BenchScope;
  readonly cases: readonly SpeedCase[];
  readonly counters: Counters;
  readonly lengths: readonly LengthCase[];
  /** None where the adapter has no timestamps. */
  readonly kernels: readonly KernelReport[];
  /** Of the device that onnxruntime-web's WebGPU provider ran on: those that it asks for and computes rightly with. */
  readonly ort_features: readonly string[];
  /** What was left out, and why. */
  readonly skipped: readonly string[];
}

/** `quick` leaves out the large model, the longest texts and most repetitions. */
export type BenchScope = 'quick' | 'full';

/** The speed of our webgpu backend against a peer, in one race. */
export interface SpeedCase {
  /** `stories 10.5 M, L′ = 16, context 64` */
  readonly name: string;
  readonly blockSize: number;
  /** Denoise steps a block; the clean pass comes on top. */
  readonly steps: number;
  /** Tokens in the cache before the first block. */
  readonly context: number;
  /** A token. */
  readonly ours_ms: number;
  readonly peer: 'ort-webgpu' | 'wasm';
  /** A token. */
  readonly peer_ms: number;
  /** peer_ms / ours_ms: above 1 ours is faster. */
  readonly ratio: number;
  /** Timed repetitions; the times are their medians. */
  readonly rounds: number;
  /** Blocks of a repetition. */
  readonly blocks: number;
}

/** What our backend asks of WebGPU while it writes, and what it allocates. */
export interface Counters {
  readonly blockSize: number;
  readonly steps: number;
  readonly submits_per_block: number;
  /** Dispatches of a block over its denoise steps, so the clean pass is spread over them. */
  readonly dispatches_per_step: number;
  /** Buffers mapped and queues waited for. */
  readonly waits_per_block: number;
  readonly readback_bytes_per_token_step: number;
  /** The same with a whole block in each submission. */
  readonly whole_block: {
    readonly submits_per_block: number;
    readonly waits_per_block: number;
  };
  readonly gpu_bytes_loaded: number;
  /** While loading or writing. */
  readonly gpu_bytes_peak: number;
  readonly gpu_bytes_after_dispose: number;
}

/** Blocks of one text, from half so many tokens (from none, in the first case) to so many. */
export interface LengthCase {
  readonly tokens: number;
  readonly ms_per_block: number;
  readonly gpu_bytes: number;
}

/** Times of the kernels of one model, by timestamp queries. */
export interface KernelReport {
  /** `stories 10.5 M` */
  readonly model: string;
  /** What a kernel that copies reaches, bytes read and written, in 10⁹ bytes a second. */
  readonly copy_gb_per_s: number;
  readonly kernels: readonly KernelTime[];
}

export interface KernelTime {
  /** `qkv matmul` */
  readonly name: string;
  readonly rows: number;
  /** µs a dispatch. */
  readonly us: number;
  /** Inputs, weights and outputs, once each. */
  readonly fewest_bytes: number;
  readonly gb_per_s: number;
  /** gb_per_s / copy_gb_per_s. */
  readonly share_of_copy: number;
}
