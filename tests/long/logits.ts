import { readFile } from 'node:fs/promises';
import { logTotal } from '../../src/engine/likelihood';
import made from './logits.json';

/** What PyTorch computed: see `make_logits.py`. */
export const PYTORCH = made;

const VOCAB = 50_258;
const MASK = VOCAB - 1;

/** The rows [vocab] of a file of f32 logits. */
export async function readLogits(file: string): Promise<Float32Array[]> {
  const { buffer, byteOffset, byteLength } = await readFile(file);
  const all = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return Array.from({ length: all.length / VOCAB }, (_, row) => all.subarray(row * VOCAB, (row + 1) * VOCAB));
}

/** How far the logits that PyTorch's fixture has are from these, at most and in the mean (root of squares). */
export function differenceFromPytorch(rows: readonly Float32Array[]): { readonly most: number; readonly mean: number } {
  const differences = made.rows.flatMap(({ logits }, row) =>
    logits.map((logit, index) => Math.abs(rows[row]![index * made.every]! - logit)),
  );
  const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
  return { most: Math.max(...differences), mean: Math.sqrt(squares / differences.length) };
}

/** KL(expected ‖ found) of a row's distribution, without the mask, in nats. */
export function divergence(expected: Float32Array, found: Float32Array): number {
  const [expectedTotal, foundTotal] = [logTotal(expected, MASK), logTotal(found, MASK)];
  let sum = 0;
  for (let id = 0; id < VOCAB; id++) {
    if (id === MASK) continue;
    const logProbability = expected[id]! - expectedTotal;
    sum += Math.exp(logProbability) * (logProbability - (found[id]! - foundTotal));
  }
  return sum;
}

/** The likeliest id but the mask. */
export function argMax(row: Float32Array): number {
  let best = 0;
  for (let id = 1; id < VOCAB; id++) if (id !== MASK && row[id]! > row[best]!) best = id;
  return best;
}
