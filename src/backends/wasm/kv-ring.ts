import type { ModelConfig } from '../../network/model-config';

/** Keys (after RoPE) and values of one layer, [contextLength, hidden] f32 each; a sequence uses its ring's slots. */
export interface LayerRing {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

export function allocateRings({ layers, contextLength, hiddenSize }: ModelConfig): LayerRing[] {
  const allocate = () => new Float32Array(contextLength * hiddenSize);
  return Array.from({ length: layers }, () => ({ keys: allocate(), values: allocate() }));
}

/** Writes rows [rows, hidden] into the slots from an absolute position on, modulo the ring. */
export function storeRows(
  ring: Float32Array,
  rows: Float32Array,
  place: { readonly position: number; readonly ring: number; readonly hiddenSize: number },
): void {
  const { hiddenSize } = place;
  for (let row = 0; row * hiddenSize < rows.length; row++) {
    const slot = (place.position + row) % place.ring;
    ring.set(rows.subarray(row * hiddenSize, (row + 1) * hiddenSize), slot * hiddenSize);
  }
}
