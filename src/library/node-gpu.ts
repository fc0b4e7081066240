import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { UnmaskError } from '../errors';
import type { BackendChoice } from './models';

/**
 * Dawn, but not for the wasm backend, which needs no driver and is not to fail with one. Throws `no-webgpu` where it
 * was asked for and does not start.
 */
export async function gpuFor(choice: BackendChoice): Promise<GPU | undefined> {
  if (choice === 'wasm') return undefined;
  try {
    return await nodeGpu();
  } catch (error) {
    if (choice === 'auto') return undefined;
    const why = error instanceof Error ? error.message : error;
    throw new UnmaskError(
      'no-webgpu',
      `WebGPU does not start here: ${why}. Install the package webgpu and a Vulkan driver, or use the wasm backend.`,
      { cause: error },
    );
  }
}

/** Where Debian's chromium package keeps the software Vulkan driver that Dawn can use in Node. */
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

let gpu: GPU | undefined;

/**
 * WebGPU in Node, through Dawn. Uses the machine's Vulkan driver where `VK_ICD_FILENAMES` names one,
 * otherwise the software driver of Debian's chromium if it is installed, otherwise what the loader finds.
 * The object is kept for the life of the process: Dawn aborts when it is collected.
 */
export async function nodeGpu(): Promise<GPU> {
  if (!gpu) {
    if (!process.env.VK_ICD_FILENAMES && existsSync(SOFTWARE_DRIVER)) process.env.VK_ICD_FILENAMES = SOFTWARE_DRIVER;
    const dawn = await import('webgpu');
    Object.assign(globalThis, dawn.globals);
    gpu = dawn.create([]);
    onDevice(gpu, loadQuickly, destroyAtExit);
    offerAsNavigatorGpu(gpu);
  }
  return gpu;
}

/** Has every device that is opened from now on go through `steps`. */
function onDevice(gpu: GPU, ...steps: readonly ((device: GPUDevice) => void)[]): void {
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    const requestDevice = adapter?.requestDevice.bind(adapter);
    if (adapter && requestDevice) {
      adapter.requestDevice = async (descriptor) => {
        const device = await requestDevice(descriptor);
        for (const step of steps) step(device);
        return device;
      };
    }
    return adapter;
  };
}

/**
 * V8 of Node 20 takes half a minute to optimise onnxruntime's WebGPU build, on the thread that waits for
 * it. The build only hands weights over, so from the first device on nothing is optimised; a process that
 * runs on the CPU opens none. Can go once the least Node has JSPI, whose build is another.
 */
function loadQuickly(): void {
  setFlagsFromString('--liftoff-only');
}

const opened: GPUDevice[] = [];

/** A process that ends with a device open ends in a segmentation fault now and then: `destroy` waits for its threads. */
function destroyAtExit(device: GPUDevice): void {
  if (opened.length === 0) {
    process.once('exit', () => {
      for (const device of opened) device.destroy();
    });
  }
  opened.push(device);
}

/** onnxruntime-web takes a device of ours only where `navigator.gpu` exists. Node 20 has no navigator at all. */
function offerAsNavigatorGpu(gpu: GPU): void {
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
}
