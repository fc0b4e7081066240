/**
 * Memory for weights on their way into a session. Layers are alike, so that each is converted in the buffers of the one
 * before; left to the garbage collector they would pile up.
 */
export class ConversionBuffers {
  readonly #free = new Map<number, ArrayBuffer[]>();

  /** Of whatever content. Throws a RangeError where there is no memory. */
  take(bytes: number): ArrayBuffer {
    return this.#free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
  }

  giveBack(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) {
      const alike = this.#free.get(buffer.byteLength) ?? [];
      alike.push(buffer);
      this.#free.set(buffer.byteLength, alike);
    }
  }
}
