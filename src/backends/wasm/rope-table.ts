import type { Attention } from '../../network/network';
import { forEachRopeAngle } from '../../network/rope';

/** RoPE of rows at absolute positions [rows]: cosines and sines [rows, headSize / 2] of their angles. */
export function ropeTable(attention: Attention, positions: readonly number[]) {
  const half = attention.headSize / 2;
  const [cos, sin] = [new Float32Array(positions.length * half), new Float32Array(positions.length * half)];
  forEachRopeAngle(attention, positions, (row, pair, angle) => {
    cos[row * half + pair] = Math.cos(angle);
    sin[row * half + pair] = Math.sin(angle);
  });
  return { cos, sin };
}
