/**
 * Invocations that share the columns of a matmul for few rows. Several keep a GPU busy; one on its own needs no
 * barrier, which is what software adapters are good at.
 */
export type Lanes = 1 | 8;

/** Rows of x that one read of a weight serves, as in the shaders with lanes. */
const TILE = 16;

/** Workgroups of a shader with lanes that makes `count` things for each row, `together` of them by the same lanes. */
export function lanesWorkgroups(
  rows: number,
  lanes: Lanes,
  count: number,
  together: number,
): readonly [x: number, y: number] {
  const invocations = lanes === 1 ? 8 : 32;
  return [Math.ceil((count / together) * (lanes / invocations)), Math.ceil(rows / TILE)];
}
