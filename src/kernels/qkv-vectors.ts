import type { BufferSlice, Buffers } from '../gpu/buffers';
import type { InputNorm } from './input-norm';
import type { HeadNorm } from './rope';

/** The small vectors of `projectQkv`, any of which a network may lack. */
export interface QkvVectorParts {
  /** Of x. */
  readonly norm?: InputNorm | undefined;
  /** [(heads + 2 · kvHeads) · headSize] f32: of q, then k, then v; added before the head norm. */
  readonly bias?: BufferSlice | undefined;
  readonly headNorm?: HeadNorm | undefined;
}

/** These vectors in one buffer: a stage has 8 storage buffers for certain, and the kernel needs 7 beside it. */
export interface QkvVectors {
  readonly slice: BufferSlice;
  readonly norm?: Pick<InputNorm, 'kind' | 'epsilon'> & { readonly biased: boolean };
  readonly biased: boolean;
  readonly headNorm?: Pick<HeadNorm, 'epsilon'>;
  /** Where vectors start, in fours of f32. The norm's weight comes first. */
  readonly at: { readonly normBias: number; readonly bias: number; readonly qNorm: number; readonly kNorm: number };
}

interface Sizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Of x; a multiple of 4. */
  readonly columns: number;
}

const F32 = Float32Array.BYTES_PER_ELEMENT;

/** Copies the vectors one after the other into a new buffer. Returns undefined where there is none of them. */
export function packQkvVectors(
  device: GPUDevice,
  buffers: Buffers,
  label: string,
  { heads, kvHeads, headSize, columns }: Sizes,
  { norm, bias, headNorm }: QkvVectorParts,
): QkvVectors | undefined {
  if (!norm && !bias && !headNorm) return undefined;
  const copies: { readonly from: GPUBuffer; readonly to: number; readonly bytes: number }[] = [];
  let fours = 0;
  /** Reserves room for a vector of this size, and returns where it starts. */
  const place = (from: BufferSlice | undefined, size: number): number => {
    const start = fours;
    if (from) {
      copies.push({ from: from.buffer, to: start * 4 * F32, bytes: size * F32 });
      fours += Math.ceil(size / 4);
    }
    return start;
  };
  place(norm?.weight, columns);
  const at = {
    normBias: place(norm?.bias, columns),
    bias: place(bias, (heads + 2 * kvHeads) * headSize),
    qNorm: place(headNorm?.q, headSize),
    kNorm: place(headNorm?.k, headSize),
  };
  const slice = buffers.storage(label, fours * 4 * F32);
  const encoder = device.createCommandEncoder();
  for (const { from, to, bytes } of copies) encoder.copyBufferToBuffer(from, 0, slice.buffer, to, bytes);
  device.queue.submit([encoder.finish()]);
  return {
    slice,
    ...(norm && { norm: { kind: norm.kind, epsilon: norm.epsilon, biased: norm.bias !== undefined } }),
    biased: bias !== undefined,
    ...(headNorm && { headNorm: { epsilon: headNorm.epsilon } }),
    at,
  };
}
