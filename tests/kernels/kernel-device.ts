import { afterAll } from 'vitest';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import { testGpu } from '../gpu';

/** What a test file of kernels works with; the buffers go when it is over. */
export async function kernelDevice(): Promise<{
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly buffers: Buffers;
}> {
  const { device } = await testGpu();
  const buffers = new Buffers(device);
  afterAll(() => buffers.dispose());
  return { device, pipelines: new Pipelines(device), buffers };
}
