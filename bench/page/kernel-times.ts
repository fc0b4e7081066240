import { FEW_ROWS } from '../../src/backends/webgpu/device-network';
import { Buffers } from '../../src/gpu/buffers';
import type { Gpu } from '../../src/gpu/device';
import { Pipelines } from '../../src/gpu/kernel';
import type { ModelSource } from '../../src/model/source/model-source';
import type { KernelReport, KernelTime } from '../report';
import { modelName, openOurs } from './bench-model';
import { begin } from './contestant';
import copyWgsl from './copy.wgsl?raw';
import { openDeviceWith } from './device-with';
import { type Dispatch, DispatchCapture } from './dispatch-capture';
import { fewestBytes, type PassShape } from './fewest-bytes';
import { GpuClock } from './gpu-clock';
import { textRequest } from './text-request';

/** Rows of the passes whose kernels are timed. */
const ROWS = [1, 16];

/** Of the copy, in bytes: more than a cache holds. */
const COPIED = 64 * 2 ** 20;

/**
 * Times every kernel of a denoise step over a full context, and a copy on the same adapter. The dispatches
 * are those of our backend itself, taken as it encodes them and repeated; those of the layers follow each
 * other, so that each finds other weights than the last. Nothing where the adapter has no timestamps.
 */
export async function measureKernels(
  source: ModelSource,
  adapter: Pick<Gpu, 'adapter' | 'software'>,
  progress: (line: string) => void,
): Promise<KernelReport[]> {
  const device = await openDeviceWith(['timestamp-query']);
  if (!device.features.has('timestamp-query')) return [];
  const buffers = new Buffers(device);
  const capture = new DispatchCapture();
  try {
    const clock = new GpuClock(device, buffers);
    const copyRate = await measureCopy(device, buffers, clock);
    progress(`a copy reaches ${copyRate.toFixed(1)} GB/s`);
    const backend = await openOurs(source, { ...adapter, device });
    const { contextLength, vocabSize, maskId } = source.config;
    const kernels: KernelTime[] = [];
    for (const rows of ROWS) {
      const request = textRequest(source.config, rows, 1, contextLength - rows);
      await begin(backend, request);
      capture.take();
      const ids = Array<number>(rows).fill(maskId);
      await backend.denoiseStep({ ids, positions: [...ids.keys()], sampling: request.sampling, pass: 1 });
      const shape = { rows, slots: contextLength, capacity: FEW_ROWS, contextLength, vocabSize };
      kernels.push(...(await timeDispatches(capture.take(), shape, clock, copyRate)));
    }
    backend.dispose();
    return [{ model: modelName(source), copy_gb_per_s: copyRate, kernels }];
  } finally {
    capture.stop();
    buffers.dispose();
    device.destroy();
  }
}

/** 10⁹ bytes a second, read and written. */
async function measureCopy(device: GPUDevice, buffers: Buffers, clock: GpuClock): Promise<number> {
  const slices = [buffers.storage('copy.x', COPIED), buffers.storage('copy.y', COPIED)];
  const kernel = new Pipelines(device).bind('copy', { stem: 'copy', wgsl: copyWgsl }, {}, slices, (rows) => [
    Math.ceil(rows / 64 / 256),
    256,
  ]);
  const ms = await clock.time((pass) => kernel.encode(pass, COPIED / 16), 1);
  return (2 * COPIED) / ms / 1e6;
}

async function timeDispatches(
  dispatches: readonly Dispatch[],
  shape: PassShape,
  clock: GpuClock,
  copyRate: number,
): Promise<KernelTime[]> {
  const times: KernelTime[] = [];
  for (const [name, group] of Map.groupBy(dispatches, ({ label }) => label.replace(/^layer\d+/, 'layer'))) {
    const round = (pass: GPUComputePassEncoder) => {
      for (const { pipeline, bindGroup, workgroups } of group) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...workgroups);
      }
    };
    const ms = (await clock.time(round, group.length)) / group.length;
    const bytes = fewestBytes(group[0]!, shape);
    const rate = bytes / ms / 1e6;
    times.push({
      name,
      rows: shape.rows,
      us: 1000 * ms,
      fewest_bytes: bytes,
      gb_per_s: rate,
      share_of_copy: rate / copyRate,
    });
  }
  return times;
}
