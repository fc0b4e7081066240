import type { Address } from '../../src/ui/share/sharing';

/** An address bar with its history. */
export class ScriptedAddress implements Address {
  readonly entries: string[];
  #at = 0;
  constructor(hash: string) {
    this.entries = [hash];
  }
  get hash(): string {
    return this.entries[this.#at]!;
  }
  replace(hash: string): void {
    this.entries[this.#at] = hash;
  }
  push(hash: string): void {
    this.entries.splice(++this.#at, Number.POSITIVE_INFINITY, hash);
  }
  /** What Back does, and Forward. */
  move(by: 1 | -1): void {
    this.#at += by;
  }
}
