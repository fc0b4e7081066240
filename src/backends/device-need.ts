import { UnmaskError } from '../errors';
import { adapterName, findAdapter, isSoftwareAdapter } from '../gpu/device';
import type { DeviceNeed, DevicePlace } from '../model/device-need';
import { byteLength, type Packing, storedTensors, weightsLength } from '../model/format/packing';
import type { ModelConfig } from '../network/model-config';
import { cacheNumbersPerToken, cacheWidth, isMatrix, numbersOf, tensorsOf } from '../network/network';
import { cpuDtypes } from '../onnx/cpu-dtypes';
import { gpuLayout } from '../onnx/gpu-layout';

/** A 32-bit memory. */
const MOST_OF_WASM = 2 ** 32;
const F32 = Float32Array.BYTES_PER_ELEMENT;
/** Of keys and values on hardware GPUs. */
const F16 = 2;

/** Finds out where a model would run. `gpu` is `navigator.gpu`, if there is one. */
export async function findPlace(gpu: GPU | undefined): Promise<DevicePlace> {
  const adapter = await findAdapter(gpu).catch(() => null);
  if (!adapter || isSoftwareAdapter(adapter)) return { type: 'cpu', mostBytes: MOST_OF_WASM };
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const mostBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  return { type: 'gpu', name: adapterName(adapter), mostBytes };
}

/** What a model takes at a place. */
export function needOf(config: ModelConfig, packing: Packing, { type, mostBytes }: DevicePlace): DeviceNeed {
  const { network, contextLength } = config;
  const cacheNumbers = contextLength * cacheNumbersPerToken(network);
  const tensors = tensorsOf(network).flatMap((weight) => storedTensors(weight, network, packing));
  const largestBytes = Math.max(...tensors.map(byteLength));
  if (type === 'cpu') {
    const weightBytes = cpuWeightsLength(config, packing);
    const cacheBytes = cacheNumbers * F32;
    return { weightBytes, cacheBytes, largestBytes, fits: weightBytes + cacheBytes <= mostBytes };
  }
  const widest = Math.max(...network.layers.map(({ attention }) => cacheWidth(attention)));
  const fits = contextLength * widest * F16 <= mostBytes && fitsBindings(config, packing, mostBytes);
  return { weightBytes: weightsLength(network, packing), cacheBytes: cacheNumbers * F16, largestBytes, fits };
}

function cpuWeightsLength({ network }: ModelConfig, packing: Packing): number {
  const dtypes = cpuDtypes(network, packing);
  return tensorsOf(network).reduce((sum, weight) => {
    const isBytes = isMatrix(weight) && dtypes(weight) === 'int8';
    return sum + (isBytes ? numbersOf(weight) + weight.rows * F32 : numbersOf(weight) * F32);
  }, 0);
}

function fitsBindings({ network }: ModelConfig, packing: Packing, mostBytes: number): boolean {
  try {
    gpuLayout(network, packing, mostBytes);
    return true;
  } catch (error) {
    if (error instanceof UnmaskError) return false;
    throw error;
  }
}
