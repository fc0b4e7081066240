/** Where a model would run, and what that has. */
export type DevicePlace =
  /** Its name, and the bytes that one of its buffers can have. How much memory it has, browsers do not say. */
  | { readonly type: 'gpu'; readonly name: string; readonly mostBytes: number }
  /** The bytes that WebAssembly can have. */
  | { readonly type: 'cpu'; readonly mostBytes: number };

/** What a model takes there. */
export interface DeviceNeed {
  readonly weightBytes: number;
  /** Of keys and values, once the context is full. */
  readonly cacheBytes: number;
  /** The largest of the weights; where it is larger than a GPU's buffer it is split. */
  readonly largestBytes: number;
  /** False where it cannot be run; a GPU may still have too little memory. */
  readonly fits: boolean;
}
