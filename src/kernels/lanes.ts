import loadRows from '../../shaders/parts/load-rows.wgsl?raw';
import shareRows from '../../shaders/parts/share-rows.wgsl?raw';
import type { KernelSource } from '../gpu/kernel';

/**
 * Invocations that share the columns of a matmul for few rows. Several keep a GPU busy, the more the fewer features
 * there are; one on its own needs no barrier, which is what software adapters are good at.
 */
export type Lanes = 1 | 8 | 32;

/** Rows of x that one read of a weight serves, as in the shaders with lanes. */
const TILE = 16;

/** Invocations of a workgroup of a shader with lanes, unless it makes whole heads. */
export function workgroupInvocations(lanes: Lanes): number {
  return lanes === 1 ? 8 : 4 * lanes;
}

/** Workgroups of a shader with lanes that makes `count` things for each row, `together` of them by the same lanes. */
export function lanesWorkgroups(
  rows: number,
  lanes: Lanes,
  count: number,
  together: number,
): readonly [x: number, y: number] {
  return [Math.ceil((count / together) * (lanes / workgroupInvocations(lanes))), Math.ceil(rows / TILE)];
}

/** A shader with lanes in both forms that few-rows has: with subgroups, where they can be used, and without. */
export interface LanesSource {
  readonly loading: KernelSource;
  readonly sharing: KernelSource;
}

/** Joins a shader with lanes from its parts and its own file. */
export function lanesSource(stem: string, files: readonly string[]): LanesSource {
  return {
    loading: { stem, wgsl: [loadRows, ...files].join('\n') },
    sharing: { stem, wgsl: [shareRows, ...files].join('\n') },
  };
}

/** The form for so many lanes, in workgroups of so many invocations, on this device. */
export function sourceFor(source: LanesSource, device: GPUDevice, lanes: Lanes, invocations: number): KernelSource {
  const shares = invocations % (4 * lanes) === 0 && device.features.has('subgroups');
  return shares ? source.sharing : source.loading;
}
