import type { InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
import { UnmaskError } from '../errors';
import type { BufferSlice, Buffers } from '../gpu/buffers';
import { byteLength, dtypeOf, type MatrixPart, matrixTensors, type QuantizedDtype } from '../model/format/packing';
import type { ModelSource } from '../model/source/model-source';
import { readWeights } from '../model/source/read-weights';
import type { StoredPart, WeightsFile } from '../model/source/stored-part';
import type { Matrix, Vector } from '../network/network';
import { encodeGraph, type PlacedInitializer } from './encode-graph';
import { gpuLayout, type RowRange } from './gpu-layout';
import { gpuRuntime, gpuRuntimeStarted } from './gpu-runtime';
import { runtimeFailure } from './runtime-failure';
import { inTurn } from './session-queue';

/** The buffers of some rows of a matrix, as kernels take them. */
export type GpuMatrix =
  | { readonly dtype: 'f32' | 'f16'; readonly values: BufferSlice }
  | { readonly dtype: QuantizedDtype; readonly values: BufferSlice; readonly scales: BufferSlice };

export interface GpuMatrixPart extends RowRange {
  readonly values: GpuMatrix;
}

/** The weights of a network on a device, each bound to its exact size. */
export interface GpuWeights {
  /** One part, or several where a matrix is larger than the device binds. */
  matrix(matrix: Matrix): readonly GpuMatrixPart[];
  vector(vector: Vector): BufferSlice;
}

/** Bytes of a file and where they go. */
interface Transfer {
  readonly initializer: PlacedInitializer;
  readonly target: BufferSlice;
  /** In the target. */
  readonly offset: number;
}

/**
 * Loads every weight of a model onto a device, one file in memory at a time: onnxruntime-web loads each through a
 * graph that has no inputs and the stored tensors as outputs, and leaves them in GPU buffers, which are copied into
 * buffers of ours. `buffers` owns those.
 *
 * Throws what `readWeights` throws, and `out-of-memory` where a vector or a row is larger than the device binds.
 */
export async function loadGpuWeights(
  source: ModelSource,
  device: GPUDevice,
  buffers: Buffers,
  signal?: AbortSignal,
): Promise<GpuWeights> {
  const { network } = source.config;
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const layout = gpuLayout(network, source.packing, Math.min(maxStorageBufferBindingSize, maxBufferSize));
  const matrices = new Map<Matrix, GpuMatrixPart[]>();
  const vectors = new Map<Vector, BufferSlice>();
  const partsOf = (matrix: Matrix): readonly GpuMatrixPart[] => {
    const dtype = dtypeOf(matrix, network, source.packing);
    const parts = matrices.get(matrix) ?? layout.get(matrix)!.map((range) => createPart(matrix, dtype, range, buffers));
    matrices.set(matrix, parts);
    return parts;
  };
  for await (const file of readWeights(source, signal)) {
    const transfers = file.parts.flatMap((part) => {
      if ('matrix' in part) return matrixTransfers(part, partsOf(part.matrix), file);
      const slice = buffers.storage(part.vector.name, part.tensors[0]!.bytes);
      vectors.set(part.vector, slice);
      return vectorTransfers(part, slice, file);
    });
    await inTurn(async () => {
      signal?.throwIfAborted();
      await load(file, transfers, device);
    });
  }
  return { matrix: (matrix) => matrices.get(matrix)!, vector: (vector) => vectors.get(vector)! };
}

function createPart(matrix: Matrix, dtype: MatrixPart['dtype'], range: RowRange, buffers: Buffers): GpuMatrixPart {
  const tensors = matrixTensors({ matrix, dtype, ...range, number: null });
  const [values, scales] = tensors.map((tensor) => buffers.storage(tensor.name, byteLength(tensor)));
  if (dtype === 'f32' || dtype === 'f16') return { ...range, values: { dtype, values: values! } };
  return { ...range, values: { dtype, values: values!, scales: scales! } };
}

function vectorTransfers({ tensors }: StoredPart, target: BufferSlice, { path }: WeightsFile): Transfer[] {
  return tensors.map((tensor) => ({ initializer: { ...tensor, location: path }, target, offset: 0 }));
}

/** What a file has of a matrix, cut at the ends of the buffers that it goes to. */
function matrixTransfers(
  stored: Extract<StoredPart, { readonly matrix: Matrix }>,
  parts: readonly GpuMatrixPart[],
  { path }: WeightsFile,
): Transfer[] {
  return parts.flatMap((part) => {
    const first = Math.max(stored.firstRow, part.firstRow);
    const rows = Math.min(stored.firstRow + stored.rows, part.firstRow + part.rows) - first;
    if (rows <= 0) return [];
    const targets = 'scales' in part.values ? [part.values.values, part.values.scales] : [part.values.values];
    return stored.tensors.map(({ name, type, shape, offset, bytes }, index) => {
      const rowBytes = bytes / stored.rows;
      const initializer = {
        name: `${name} ${first}`,
        type,
        shape: [rows, ...shape.slice(1)],
        location: path,
        offset: offset + (first - stored.firstRow) * rowBytes,
        bytes: rows * rowBytes,
      };
      return { initializer, target: targets[index]!, offset: (first - part.firstRow) * rowBytes };
    });
  });
}

async function load(file: WeightsFile, transfers: readonly Transfer[], device: GPUDevice): Promise<void> {
  const session = await openSession(
    file,
    transfers.map(({ initializer }) => initializer),
    device,
  );
  try {
    const outputs = await session.run({});
    try {
      copy(transfers, outputs, device);
    } finally {
      for (const tensor of Object.values(outputs)) free(tensor);
    }
  } finally {
    await session.release();
  }
}

async function openSession(
  { path, data }: WeightsFile,
  initializers: readonly PlacedInitializer[],
  device: GPUDevice,
): Promise<InferenceSession> {
  const graph = encodeGraph({ inputs: [], outputs: initializers, constants: [], nodes: [] }, initializers);
  const { InferenceSession } = await gpuRuntime();
  try {
    const session = await InferenceSession.create(graph, {
      executionProviders: [{ name: 'webgpu', device, storageBufferCacheMode: 'disabled' }],
      externalData: [{ path, data }],
      preferredOutputLocation: 'gpu-buffer',
    });
    await gpuRuntimeStarted();
    return session;
  } catch (error) {
    const cause = runtimeFailure(error);
    if (cause instanceof UnmaskError) throw cause;
    const what = `${path} could not be put on the GPU: ${cause}`;
    throw new UnmaskError('internal', `${what}. Load the model again, or use the wasm backend.`, { cause });
  }
}

/**
 * Copies what a file handed over into buffers of ours. The runtime's own cannot be kept without its session, which
 * would keep the file in memory too: it notes each of them until the tensor is disposed of, and that takes the session.
 */
function copy(transfers: readonly Transfer[], outputs: Readonly<Record<string, Tensor>>, device: GPUDevice): void {
  const encoder = device.createCommandEncoder();
  for (const { initializer, target, offset } of transfers) {
    // Copies take whole words; onnxruntime-web pads its buffers to 16 bytes.
    const size = Math.ceil(initializer.bytes / 4) * 4;
    encoder.copyBufferToBuffer(outputs[initializer.name]!.gpuBuffer, 0, target.buffer, offset, size);
  }
  device.queue.submit([encoder.finish()]);
}

/** Frees a tensor of the runtime, whose memory on the GPU would otherwise wait for the garbage collector. */
function free(tensor: Tensor): void {
  const { gpuBuffer } = tensor;
  tensor.dispose();
  gpuBuffer.destroy();
}
