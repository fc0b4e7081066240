import { UnmaskError } from '../errors';

/** A WebGPU device of ours, and what to tell people about its adapter. */
export interface Gpu {
  readonly device: GPUDevice;
  /** `nvidia ampere`, `SwiftShader (software)`. */
  readonly adapter: string;
  /** True where the adapter is a CPU in disguise: correct, and slower than the wasm backend. */
  readonly software: boolean;
}

/** Limits raised to what the adapter has: the default 128 MiB binding is less than a GPT-2 head. */
const RAISED_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'] as const;

/** What kernels have a second form for; every device runs the first. */
const USED_FEATURES: readonly GPUFeatureName[] = ['subgroups'];

/** Asks for an adapter without creating a device. Returns null where there is none. */
export async function findAdapter(gpu: GPU | undefined): Promise<GPUAdapter | null> {
  return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
}

/** True for SwiftShader, lavapipe and the like. */
export function isSoftwareAdapter({ info }: GPUAdapter): boolean {
  return (
    info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software/i.test(`${info.architecture} ${info.description}`)
  );
}

/** Opens a device on an adapter, with those of the features that it has. Throws `no-webgpu` where there is no adapter. */
export async function openDevice(adapter: GPUAdapter | null, features = USED_FEATURES): Promise<Gpu> {
  if (!adapter) {
    throw new UnmaskError(
      'no-webgpu',
      'There is no WebGPU adapter here. Choose the wasm backend, or use a browser or machine that has WebGPU.',
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(RAISED_LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  const software = isSoftwareAdapter(adapter);
  const name = adapterName(adapter);
  return { device, adapter: software ? `${name} (software)` : name, software };
}

/** `nvidia ampere`, or what else the browser says of it. */
export function adapterName({ info: { vendor, architecture, description } }: GPUAdapter): string {
  return [vendor, architecture].filter(Boolean).join(' ') || description || 'unknown adapter';
}
