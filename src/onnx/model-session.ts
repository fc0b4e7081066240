import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { UnmaskError } from '../errors';
import { MODEL_FILES } from '../model/format/manifest';
import type { ModelSource } from '../model/source/model-source';
import { readAllWeights } from '../model/source/weights-part';
import { checkModelGraph } from './checks/check-graphs';
import { inTurn } from './session-queue';

/** Values by their names in `model.onnx`; `graph/network-graph.ts` has their shapes. */
export type GraphValues = Readonly<Record<string, Tensor>>;

/** `model.onnx` on the CPU. */
export interface ModelSession {
  /** How many threads compute. */
  readonly threads: number;
  /** Runs the graph for the outputs of these names. */
  run(inputs: GraphValues, outputs: readonly string[]): Promise<GraphValues>;
  /** A tensor over `data`, which must not change until the run is over. */
  floats(data: Float32Array, shape: readonly number[]): Tensor;
  /** Whole numbers [values.length]. */
  integers(values: readonly number[]): Tensor;
  /** Frees the weights and the runtime's memory for them. */
  release(): void;
}

/** More gain nothing on passes of a few rows. */
const MOST_THREADS = 4;

/**
 * Opens `model.onnx` with onnxruntime-web's CPU build. Throws `network` or `cancelled` where a file
 * cannot be read, `bad-model` for a graph that does not load, and `out-of-memory`.
 */
export async function openModelSession(source: ModelSource, signal?: AbortSignal): Promise<ModelSession> {
  const { env, Tensor } = await import('onnxruntime-web/wasm');
  const threads = threadCount();
  env.wasm.numThreads = threads;
  const session = await createSession(source, signal);
  if (signal?.aborted) await session.release();
  signal?.throwIfAborted();
  return {
    threads,
    run: (inputs, outputs) => runSession(session, inputs, outputs),
    floats: (data, shape) => new Tensor('float32', data, shape),
    integers: (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]),
    release: () => void session.release(),
  };
}

/** Apart from what lives on, whose functions would keep the weights' bytes: the session has its own copy of them. */
async function createSession(source: ModelSource, signal?: AbortSignal): Promise<InferenceSession> {
  const graph = await source.read(MODEL_FILES.modelGraph, signal);
  checkModelGraph(graph, source);
  const externalData = await readAllWeights(source, signal);
  const { InferenceSession } = await import('onnxruntime-web/wasm');
  return inTurn(() => {
    signal?.throwIfAborted();
    return InferenceSession.create(graph, {
      executionProviders: ['wasm'],
      // The graph turns f16, q8 and q4 into f32; without a limit it does so once, here, and not in every pass.
      extra: { optimization: { constant_folding_max_output_size_in_bytes: '0' } },
      externalData,
    }).catch((error: unknown) => {
      throw creationError(error);
    });
  });
}

async function runSession(session: InferenceSession, inputs: GraphValues, outputs: readonly string[]) {
  try {
    return await session.run(inputs, outputs);
  } catch (error) {
    throw isOutOfMemory(error) ? outOfMemory(error) : error;
  }
}

/** Threads share memory, which takes a page that is cross-origin isolated. In Node there is one. */
function threadCount(): number {
  return globalThis.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
}

function creationError(error: unknown): UnmaskError {
  if (isOutOfMemory(error)) return outOfMemory(error);
  return new UnmaskError('bad-model', `${MODEL_FILES.modelGraph} does not load: ${error}. Export the model again.`);
}

/** The runtime tells of this in words only. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError || /bad_alloc|allocat|out of memory/i.test(String(error));
}

function outOfMemory(cause: unknown): UnmaskError {
  return new UnmaskError(
    'out-of-memory',
    'There is no room for this model in memory. Close other pages, or take a smaller export (--dtype q8 or q4).',
    { cause },
  );
}
