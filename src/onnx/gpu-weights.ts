import type { InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import { UnmaskError } from '../errors';
import type { BufferSlice, Buffers } from '../gpu/buffers';
import type { WeightsPart } from '../model/format/manifest';
import { byteLength, modelTensors, type StoredTensor } from '../model/format/weight-spec';
import type { ModelSource } from '../model/source/model-source';
import { locationOf, readWeightsPart } from '../model/source/weights-part';
import { checkWeightsGraph } from './checks/check-graphs';
import { inTurn } from './session-queue';

/**
 * Loads every weight of a model onto a device: onnxruntime-web runs the graph of each part of the weights, which
 * has no inputs and the stored tensors as outputs, and leaves them in GPU buffers, which `buffers` then owns.
 * One part is in memory at a time.
 *
 * Returns the buffers by the names of `storedTensors`, each bound to its exact size. Throws `bad-model`
 * where a tensor is missing, of another type or shape, or not expected; `out-of-memory` where one is
 * larger than the device binds; `network` or `cancelled` where the files cannot be read.
 */
export async function loadGpuWeights(
  source: ModelSource,
  device: GPUDevice,
  buffers: Buffers,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, BufferSlice>> {
  const expected = modelTensors(source.config, source.manifest.dtype);
  checkFits(expected, device);
  const weights = new Map<string, BufferSlice>();
  for (const part of source.manifest.weights) {
    const graph = await source.read(part.graph, signal);
    checkWeightsGraph(graph, part, source);
    const data = await readWeightsPart(source, part, signal);
    await inTurn(async () => {
      signal?.throwIfAborted();
      const session = await openSession(part, graph, data, device);
      try {
        const outputs = await session.run({});
        try {
          take(tensorsOf(part, session.outputNames, expected, weights), outputs, device, buffers, weights);
        } finally {
          for (const tensor of Object.values(outputs)) free(tensor);
        }
      } finally {
        await session.release();
      }
    });
  }
  const missing = expected.filter(({ name }) => !weights.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw unfit(`The weights lack ${firstOf(missing)}`);
  return weights;
}

async function openSession(
  part: WeightsPart,
  graph: Uint8Array,
  data: Uint8Array,
  device: GPUDevice,
): Promise<InferenceSession> {
  const { env, InferenceSession } = await loadRuntime();
  // Nothing is computed here; left unset, Node 20 would look for the number of cores and fail.
  env.wasm.numThreads = 1;
  try {
    return await InferenceSession.create(graph, {
      executionProviders: [{ name: 'webgpu', device, storageBufferCacheMode: 'disabled' }],
      externalData: [{ path: locationOf(part), data }],
      preferredOutputLocation: 'gpu-buffer',
    });
  } catch (error) {
    throw unfit(`${part.graph} does not load: ${error}`);
  }
}

/** The build that suspends on the browser's own stack switching is smaller and faster, where there is one. */
function loadRuntime() {
  return 'Suspending' in WebAssembly ? import('onnxruntime-web/jspi') : import('onnxruntime-web/webgpu');
}

function checkFits(expected: readonly StoredTensor[], device: GPUDevice): void {
  const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  for (const tensor of expected) {
    if (byteLength(tensor) <= limit) continue;
    const mebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
    throw new UnmaskError(
      'out-of-memory',
      `${tensor.name} takes ${mebibytes(byteLength(tensor))} MiB and this GPU binds at most ${mebibytes(limit)} MiB. ` +
        'Use the model exported with --dtype q8 or q4, or the wasm backend.',
    );
  }
}

/** The tensors that a part hands over. Throws `bad-model` where one is not expected, or came before. */
function tensorsOf(
  { graph }: WeightsPart,
  found: readonly string[],
  expected: readonly StoredTensor[],
  before: ReadonlyMap<string, unknown>,
): StoredTensor[] {
  const names = new Set(expected.map(({ name }) => name));
  const extra = found.filter((name) => !names.has(name) || before.has(name));
  if (extra.length > 0) throw unfit(`${graph} has ${firstOf(extra)}, which the config does not ask for`);
  return expected.filter(({ name }) => found.includes(name));
}

function firstOf(names: readonly string[]): string {
  return names.slice(0, 5).join(', ');
}

function unfit(what: string): UnmaskError {
  return new UnmaskError('bad-model', `${what}. Export the model again.`);
}

/**
 * Copies what a part handed over into buffers of ours. The runtime's own cannot be kept without its session, which
 * would keep the part in memory too: it notes each of them until the tensor is disposed of, and that takes the session.
 */
function take(
  expected: readonly StoredTensor[],
  outputs: Readonly<Record<string, Tensor>>,
  device: GPUDevice,
  buffers: Buffers,
  weights: Map<string, BufferSlice>,
): void {
  const encoder = device.createCommandEncoder();
  for (const tensor of expected) {
    const { name, type, shape } = tensor;
    const { type: foundType, dims, gpuBuffer } = outputs[name]!;
    if (foundType !== type || dims.length !== shape.length || dims.some((size, axis) => size !== shape[axis])) {
      throw unfit(`${name} is ${foundType} [${dims.join(', ')}] and should be ${type} [${shape.join(', ')}]`);
    }
    // Bindings take whole words; onnxruntime-web pads its buffers to 16 bytes.
    const size = Math.ceil(byteLength(tensor) / 4) * 4;
    const slice = buffers.storage(name, size);
    encoder.copyBufferToBuffer(gpuBuffer, 0, slice.buffer, 0, size);
    weights.set(name, slice);
  }
  device.queue.submit([encoder.finish()]);
}

/** Frees a tensor of the runtime, whose memory on the GPU would otherwise wait for the garbage collector. */
function free(tensor: Tensor): void {
  const { gpuBuffer } = tensor;
  tensor.dispose();
  gpuBuffer.destroy();
}
