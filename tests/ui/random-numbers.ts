/** Numbers in [0, 1), the same for the same seed: the Lehmer generator of Park and Miller. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
