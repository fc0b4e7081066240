import type { KeptText } from '../../src/ui/share/kept-text';
import type { Address } from '../../src/ui/share/sharing';

/** An address bar with its history. */
export class ScriptedAddress implements Address {
  readonly entries: string[];
  #kept = new Map<number, KeptText | null>();
  #at = 0;
  constructor(hash: string) {
    this.entries = [hash];
  }
  get hash(): string {
    return this.entries[this.#at]!;
  }
  replace(hash: string): void {
    this.entries[this.#at] = hash;
    this.#kept.delete(this.#at);
  }
  push(hash: string): void {
    this.entries.splice(++this.#at, Number.POSITIVE_INFINITY, hash);
  }
  get kept(): unknown {
    return this.#kept.get(this.#at);
  }
  keep(text: KeptText | null): void {
    this.#kept.set(this.#at, text);
  }
  /** What Back does, and Forward. */
  move(by: 1 | -1): void {
    this.#at += by;
  }
}
