import { afterAll } from 'vitest';
import { Buffers } from '../../src/gpu/buffers';
import { Pipelines } from '../../src/gpu/kernel';
import { testGpu } from '../gpu';

/** What a test file of kernels works with. */
export interface KernelDevice {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly buffers: Buffers;
}

/** The buffers go when the test file is over. */
export async function kernelDevice(gpu = testGpu()): Promise<KernelDevice> {
  const { device } = await gpu;
  const buffers = new Buffers(device);
  afterAll(() => buffers.dispose());
  return { device, pipelines: new Pipelines(device), buffers };
}
