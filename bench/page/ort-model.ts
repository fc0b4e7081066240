import type { InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import { type DenoiseStep, type Prediction, ringSize } from '../../src/backends/backend';
import { checkPredictions } from '../../src/backends/check-predictions';
import { sample } from '../../src/backends/wasm/sample';
import { ropeTable } from '../../src/kernels/rope';
import { MODEL_FILES } from '../../src/model/format/manifest';
import type { ModelConfig } from '../../src/network/model-config';
import type { ModelSource } from '../../src/model/source/model-source';
import { readAllWeights } from '../../src/model/source/weights-part';
import { inTurn } from '../../src/onnx/session-queue';
import { OrtCache } from './ort-cache';
import { scoreBias } from './score-bias';

/** The part of onnxruntime-web that makes tensors. */
type Runtime = Pick<typeof import('onnxruntime-web/webgpu'), 'Tensor'>;

/**
 * Opens `model.onnx` with onnxruntime-web's WebGPU execution provider on a device of the caller's: matrices
 * made f32 once, as the graph loads; logits come to JavaScript, keys and values stay on the GPU.
 */
export async function openOrtModel(source: ModelSource, device: GPUDevice): Promise<OrtModel> {
  const graph = await source.read(MODEL_FILES.modelGraph);
  const externalData = await readAllWeights(source);
  const runtime = await loadRuntime();
  runtime.env.wasm.numThreads = 1;
  const names = Array.from({ length: source.config.layers }, (_, layer) => [`keys.${layer}`, `values.${layer}`]).flat();
  const session = await inTurn(() =>
    runtime.InferenceSession.create(graph, {
      executionProviders: [{ name: 'webgpu', device }],
      extra: { optimization: { constant_folding_max_output_size_in_bytes: '0' } },
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

  async denoiseStep({ ids, positions, sampling, pass }: DenoiseStep): Promise<Prediction[]> {
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

  /** The inputs of `model.onnx` for a pass over the ids at the current position. */
  #inputs(ids: readonly number[], picks: readonly number[]): Record<string, Tensor> {
    const { hiddenSize, heads, ropeBase } = this.config;
    const { Tensor } = this.#runtime;
    const rows = ids.length;
    const position = this.#position;
    const slots = Math.min(position, this.#ring);
    const headSize = hiddenSize / heads;
    const turns = ropeTable(position, rows, headSize, ropeBase);
    const turn = (first: number) => {
      const numbers = turns.filter((_, index) => index % 2 === first);
      return new Tensor('float32', numbers, [rows, headSize / 2]);
    };
    const whole = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [values.length]);
    const bias = scoreBias({ rows, slots, position, ring: this.#ring, blockSize: this.#blockSize });
    return {
      ids: whole(ids),
      picks: whole(picks),
      cos: turn(0),
      sin: turn(1),
      bias: new Tensor('float32', bias, [1, 1, rows, slots + rows]),
      ...this.#cache.inputs(this.#runtime, slots),
    };
  }
}
