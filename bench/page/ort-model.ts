import type { InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import type { DenoiseStep, Draw } from '../../src/backends/backend';
import { checkPredictions } from '../../src/backends/check-predictions';
import { sample } from '../../src/backends/sample';
import { ropeTable } from '../../src/backends/wasm/rope-table';
import { UnmaskError } from '../../src/errors';
import type { ModelSource } from '../../src/model/source/model-source';
import { type ModelConfig, ringSize } from '../../src/network/model-config';
import { encodeGraph } from '../../src/onnx/encode-graph';
import { inTurn } from '../../src/onnx/session-queue';
import { OrtCache } from './ort-cache';
import { ortGraph } from './ort-graph';
import { readOrtWeights } from './ort-weights';
import { scoreBias } from './score-bias';

/** The part of onnxruntime-web that makes tensors. */
type Runtime = Pick<typeof import('onnxruntime-web/webgpu'), 'Tensor'>;

/**
 * Opens `ortGraph` of a model with onnxruntime-web's WebGPU execution provider on a device of the caller's: matrices
 * are f32; logits come to JavaScript, keys and values stay on the GPU. Throws `bad-input` for a model whose rows
 * predict the next token, which the loop does not do.
 */
export async function openOrtModel(source: ModelSource, device: GPUDevice): Promise<OrtModel> {
  const { network } = source.config;
  if (network.predicts === 'next' || network.cleanAttention === 'causal') {
    throw new UnmaskError('bad-input', 'The benchmark compares models whose rows predict their own tokens.');
  }
  const weights = await readOrtWeights(source);
  const graph = encodeGraph(ortGraph(network), weights.places);
  const externalData = [...weights.files].map(([path, data]) => ({ path, data }));
  const runtime = await loadRuntime();
  runtime.env.wasm.numThreads = 1;
  const names = network.layers.flatMap((_, layer) => [`keys.${layer}`, `values.${layer}`]);
  const session = await inTurn(() =>
    runtime.InferenceSession.create(graph, {
      executionProviders: [{ name: 'webgpu', device }],
      externalData,
      preferredOutputLocation: { logits: 'cpu', ...Object.fromEntries(names.map((name) => [name, 'gpu-buffer'])) },
    }),
  );
  return new OrtModel(runtime, session, device, source.config);
}

/** The build that suspends on the browser's own stack switching is faster, where there is one. */
function loadRuntime() {
  return 'Suspending' in WebAssembly ? import('onnxruntime-web/jspi') : import('onnxruntime-web/webgpu');
}

/**
 * The three verbs of block diffusion as one writes them today on onnxruntime-web: its WebGPU provider runs
 * the graph over a KV cache in GPU buffers, and JavaScript samples from the logits. They are those of
 * `Backend`, unchecked.
 */
export class OrtModel {
  readonly config: ModelConfig;
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #cache: OrtCache;
  #blockSize = 0;
  #position = 0;

  constructor(runtime: Runtime, session: InferenceSession, device: GPUDevice, config: ModelConfig) {
    this.config = config;
    this.#runtime = runtime;
    this.#session = session;
    this.#cache = new OrtCache(device, config);
  }

  /** Tokens committed. */
  get position(): number {
    return this.#position;
  }

  begin(blockSize: number): void {
    this.#blockSize = blockSize;
    this.#position = 0;
  }

  prefill(ids: readonly number[]): Promise<void> {
    return this.#store(ids);
  }

  async denoiseStep({ ids, positions, sampling, pass }: DenoiseStep): Promise<Draw[]> {
    const { vocabSize, maskId } = this.config;
    const { logits } = await this.#session.run(this.#inputs(ids, positions), ['logits']);
    const numbers = logits!.data as Float32Array;
    const predictions = positions.map((position, index) => {
      const row = numbers.subarray(index * vocabSize, (index + 1) * vocabSize);
      return { position, ...sample(row, sampling, { maskId, pass, position: this.#position + position }) };
    });
    checkPredictions(predictions, vocabSize);
    return predictions;
  }

  commitBlock(ids: readonly number[]): Promise<void> {
    return this.#store(ids);
  }

  async dispose(): Promise<void> {
    this.#cache.dispose();
    await this.#session.release();
  }

  /** One pass whose keys and values go into the ring. */
  async #store(ids: readonly number[]): Promise<void> {
    const made = await this.#session.run(this.#inputs(ids, []), this.#cache.outputNames);
    this.#cache.store(made, { rows: ids.length, position: this.#position, ring: this.#ring });
    this.#position += ids.length;
  }

  get #ring(): number {
    return ringSize(this.config, this.#blockSize);
  }

  /** The inputs of `ortGraph` for a pass over the ids at the current position. */
  #inputs(ids: readonly number[], picks: readonly number[]): Record<string, Tensor> {
    const { attention } = this.config.network.layers[0]!;
    const { Tensor } = this.#runtime;
    const rows = ids.length;
    const position = this.#position;
    const slots = Math.min(position, this.#ring);
    const { cos, sin } = ropeTable(
      attention,
      ids.map((_, row) => position + row),
    );
    const turns = (numbers: Float32Array) => new Tensor('float32', numbers, [rows, attention.headSize / 2]);
    const whole = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
    const bias = scoreBias({ rows, slots, position, ring: this.#ring, blockSize: this.#blockSize });
    return {
      ids: whole(ids),
      picks: whole(picks),
      cos: turns(cos),
      sin: turns(sin),
      bias: new Tensor('float32', bias, [1, 1, rows, slots + rows]),
      ...this.#cache.inputs(this.#runtime, slots),
    };
  }
}
