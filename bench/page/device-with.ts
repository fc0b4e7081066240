import { UnmaskError } from '../../src/errors';
import { findAdapter } from '../../src/gpu/device';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** A device with the adapter's limits and those of the features that it has. Throws `no-webgpu`. */
export async function openDeviceWith(features: readonly GPUFeatureName[]): Promise<GPUDevice> {
  const adapter = await findAdapter(navigator.gpu);
  if (!adapter) throw new UnmaskError('no-webgpu', 'There is no WebGPU adapter here, and nothing to measure.');
  return adapter.requestDevice({
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
}
