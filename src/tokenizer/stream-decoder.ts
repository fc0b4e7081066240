const BROKEN = '\ufffd';

/**
 * Decodes one text token by token. A token may end within a character: it then gives '', and the token
 * that completes the character gives all of it. The texts of all tokens and of `flush`, put together,
 * are the text of all ids.
 */
export class StreamDecoder {
  readonly #decode: (ids: readonly number[]) => string;
  /** The last ids whose text was given: some decoders put a space between tokens. */
  #context: readonly number[] = [];
  /** Ids since then, which end within a character. */
  #pending: number[] = [];

  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  /** One text for each id. */
  push(ids: readonly number[]): string[] {
    return ids.map((id) => {
      this.#pending.push(id);
      const text = this.#pendingText();
      // The replacement character stands for a broken end, or is itself in the text: then it comes a token later.
      if (text.endsWith(BROKEN)) return '';
      if (text !== '') this.#settle();
      return text;
    });
  }

  /** What is still held back, at the end of the text: `�` for a character that never got complete. */
  flush(): string {
    const text = this.#pendingText();
    this.#settle();
    return text;
  }

  #pendingText(): string {
    const before = this.#decode(this.#context);
    return this.#decode([...this.#context, ...this.#pending]).slice(before.length);
  }

  #settle(): void {
    this.#context = this.#pending;
    this.#pending = [];
  }
}
