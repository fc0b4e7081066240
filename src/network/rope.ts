/**
 * RoPE's angles of rows at these absolute positions: position · base^(−2i / headSize) for each pair i of features, in
 * f64, so that they stay exact however far the text goes.
 */
export function forEachRopeAngle(
  { headSize, ropeBase }: { readonly headSize: number; readonly ropeBase: number },
  positions: readonly number[],
  visit: (row: number, pair: number, angle: number) => void,
): void {
  for (let pair = 0; pair < headSize / 2; pair++) {
    const frequency = ropeBase ** ((-2 * pair) / headSize);
    for (const [row, position] of positions.entries()) visit(row, pair, position * frequency);
  }
}
