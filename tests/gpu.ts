import { findAdapter, type Gpu, openDevice } from '../src/gpu/device';
import { nodeGpu } from '../src/library/node-gpu';

let opened: Promise<Gpu> | undefined;

/** One device for a test file. Any validation error fails the process: no green skips, no silent zeros. */
export function testGpu(): Promise<Gpu> {
  opened ??= open();
  return opened;
}

/** A device that has no features, as some browsers give none. */
export function featurelessGpu(): Promise<Gpu> {
  return open([]);
}

async function open(features?: readonly GPUFeatureName[]): Promise<Gpu> {
  const gpu = await openDevice(await findAdapter(await nodeGpu()), features);
  gpu.device.addEventListener('uncapturederror', ({ error }) => {
    throw new Error(error.message);
  });
  return gpu;
}
