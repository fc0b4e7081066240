/** weights [vocab, columns] → y [ids.length, columns]: the row of each id. */
export function embedding(weights: Float32Array, columns: number, ids: readonly number[]): Float32Array {
  const y = new Float32Array(ids.length * columns);
  for (const [row, id] of ids.entries()) {
    for (let column = 0; column < columns; column++) y[row * columns + column] = weights[id * columns + column]!;
  }
  return y;
}
