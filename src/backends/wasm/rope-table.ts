import type { Attention } from '../../network/network';
import { forEachRopeAngle } from '../../network/rope';

/** RoPE of `rows` rows from an absolute position on: cosines and sines [rows, headSize / 2] of their angles. */
export function ropeTable(attention: Attention, position: number, rows: number) {
  const half = attention.headSize / 2;
  const [cos, sin] = [new Float32Array(rows * half), new Float32Array(rows * half)];
  const positions = Array.from({ length: rows }, (_, row) => position + row);
  forEachRopeAngle(attention, positions, (row, pair, angle) => {
    cos[row * half + pair] = Math.cos(angle);
    sin[row * half + pair] = Math.sin(angle);
  });
  return { cos, sin };
}
