/** How many runs of the network a text costs, its prompt left out. */
export interface PassCounts {
  /** By a model that only ever writes the next token. */
  readonly autoregressive: number;
  /** Block by block: the steps of each, and a clean pass over each but the last, which stores it. */
  readonly blocks: number;
  /** The same where the clean pass of a block rides along with the first step of the next. */
  readonly carried: number;
}

export function passesFor(tokens: number, blockSize: number, steps: number): PassCounts {
  const blocks = Math.ceil(tokens / blockSize);
  return { autoregressive: tokens, blocks: blocks * (steps + 1) - 1, carried: blocks * steps };
}
