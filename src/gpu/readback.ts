import type { BufferSlice } from './buffers';

/** Waits for the GPU and copies out what `encodeCopy` put into a readback buffer. */
export async function readBack(slice: BufferSlice, bytes: number): Promise<ArrayBuffer> {
  await slice.buffer.mapAsync(0x01 /* GPUMapMode.READ */, 0, bytes);
  const copy = slice.buffer.getMappedRange(0, bytes).slice(0);
  slice.buffer.unmap();
  return copy;
}
