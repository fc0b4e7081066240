const BROKEN = '\ufffd';

/** A character has at most four bytes, so an unfinished one takes at most three tokens. */
const MOST_UNFINISHED = 3;
/** Tokens may end within one character and begin the next: where so many do in a row, the text is broken. */
const MOST_PENDING = 16;

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
      // The replacement character stands for a broken end, or is itself in the text: then it comes some tokens later.
      if (text.endsWith(BROKEN) && this.#pending.length <= MOST_PENDING) return this.#finishedText(text);
      if (text !== '') this.#settle();
      return text;
    });
  }

  /** Of the pending ids those that no later id can change: the text is that of both parts, each on its own. */
  #finishedText(text: string): string {
    const least = this.#pending.length - MOST_UNFINISHED;
    for (let end = least; end > 0 && end < this.#pending.length; end++) {
      const rest = this.#pending.slice(end);
      const finished = this.#decode(this.#pending.slice(0, end));
      if (finished + this.#decode(rest) !== text) continue;
      this.#settle(end);
      this.#pending = rest;
      return finished;
    }
    return '';
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

  #settle(end = this.#pending.length): void {
    this.#context = this.#pending.slice(0, end);
    this.#pending = [];
  }
}
