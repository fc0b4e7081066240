import type { BufferSlice, Buffers } from '../../src/gpu/buffers';
import type { Kernel } from '../../src/gpu/kernel';
import { readBack } from '../../src/gpu/readback';
import { type PassSettings, packPass } from '../../src/kernels/pass';

/** A pass uniform; what is not given is as for one row at the start of a sequence, arg-max. */
export function uploadPass(device: GPUDevice, buffers: Buffers, settings: Partial<PassSettings>): BufferSlice {
  const packed = packPass({
    rows: 1,
    position: 0,
    blockSize: 1,
    ring: 1,
    seed: 0,
    passNumber: 0,
    temperature: 0,
    topP: 1,
    seen: [],
    ...settings,
  });
  const slice = buffers.uniform('pass', packed.byteLength);
  device.queue.writeBuffer(slice.buffer, 0, packed);
  return slice;
}

/** A storage buffer that holds these numbers. */
export function upload(
  device: GPUDevice,
  buffers: Buffers,
  label: string,
  array: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
): BufferSlice {
  const slice = buffers.storage(label, array.byteLength);
  device.queue.writeBuffer(slice.buffer, 0, array);
  return slice;
}

/** Runs kernels in one compute pass, in order, each over its number of rows. */
export function runKernels(device: GPUDevice, ...kernels: readonly (readonly [kernel: Kernel, rows: number])[]): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const [kernel, rows] of kernels) kernel.encode(pass, rows);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

/** What a storage buffer holds. */
export async function download(device: GPUDevice, buffers: Buffers, slice: BufferSlice): Promise<ArrayBuffer> {
  const target = buffers.readback('download', slice.size);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(slice.buffer, 0, target.buffer, 0, slice.size);
  device.queue.submit([encoder.finish()]);
  return readBack(device, target, slice.size);
}
