import type { Attention } from '../../network/network';

/**
 * RoPE of `rows` rows from an absolute position on: cosines and sines [rows, headSize / 2] of
 * position · base^(−2i / headSize), computed in f64 so that they stay exact however far the text goes.
 */
export function ropeTable({ headSize, ropeBase }: Attention, position: number, rows: number) {
  const half = headSize / 2;
  const [cos, sin] = [new Float32Array(rows * half), new Float32Array(rows * half)];
  for (let i = 0; i < half; i++) {
    const frequency = ropeBase ** (-i / half);
    for (let row = 0; row < rows; row++) {
      const angle = (position + row) * frequency;
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
