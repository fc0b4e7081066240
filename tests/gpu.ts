import { nodeGpu } from '../src/cli/node-gpu';
import { findAdapter, type Gpu, openDevice } from '../src/gpu/device';

let opened: Promise<Gpu> | undefined;

/** One device for a test file. Any validation error fails the process: no green skips, no silent zeros. */
export function testGpu(): Promise<Gpu> {
  opened ??= nodeGpu()
    .then(findAdapter)
    .then(openDevice)
    .then((gpu) => {
      gpu.device.addEventListener('uncapturederror', ({ error }) => {
        throw new Error(error.message);
      });
      return gpu;
    });
  return opened;
}
