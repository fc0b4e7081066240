import type { BufferSlice } from './buffers';
import { withoutWaiting } from './work-done';

/** Waits for the GPU and copies out what was submitted to be copied into a readback buffer. */
export async function readBack({ queue }: GPUDevice, { buffer }: BufferSlice, bytes: number): Promise<ArrayBuffer> {
  await withoutWaiting(queue, buffer.mapAsync(0x01 /* GPUMapMode.READ */, 0, bytes));
  const copy = buffer.getMappedRange(0, bytes).slice(0);
  buffer.unmap();
  return copy;
}
