/** True where a token may look at another while a text is written: at all of the blocks before, and its own. */
export function seesWhileWriting(from: number, to: number, blockSize: number): boolean {
  return blockOf(to, blockSize) <= blockOf(from, blockSize);
}

/**
 * The same in training, where the network reads a text of `length` tokens twice at once, noised and then clean:
 * x_t ⊕ x_0. A noised token sees its own noised block and the clean blocks before; a clean one sees the clean
 * blocks up to its own, and no noise.
 */
export function seesInTraining(from: number, to: number, blockSize: number, length: number): boolean {
  const isNoised = (place: number) => place < length;
  const [mine, other] = [blockOf(from % length, blockSize), blockOf(to % length, blockSize)];
  if (isNoised(from)) return isNoised(to) ? other === mine : other < mine;
  return !isNoised(to) && other <= mine;
}

export function blockOf(place: number, blockSize: number): number {
  return Math.floor(place / blockSize);
}
