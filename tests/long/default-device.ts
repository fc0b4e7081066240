import { findAdapter, type Gpu } from '../../src/gpu/device';
import { nodeGpu } from '../../src/library/node-gpu';

/** A device without raised limits: bindings of 128 MiB and 8 storage buffers a stage, as the least devices have. */
export async function defaultDevice(): Promise<Gpu> {
  const adapter = await findAdapter(await nodeGpu());
  if (!adapter) throw new Error('there is no WebGPU adapter');
  const device = await adapter.requestDevice();
  device.addEventListener('uncapturederror', ({ error }) => {
    throw new Error(error.message);
  });
  return { device, adapter: 'default limits', software: true };
}
