import type { UnmaskError } from '../errors';
import type { EventStream } from '../library/texts';

interface Taker<Message> {
  resolve(result: IteratorResult<Message, undefined>): void;
  reject(error: UnmaskError): void;
}

/**
 * The messages of one run as an async iterator. Not an async generator, because the `return` of
 * one waits for a pending `next`, and stopping must not wait for the worker.
 */
export class RunStream<Message> implements EventStream<Message> {
  readonly #messages: Message[] = [];
  readonly #takers: Taker<Message>[] = [];
  readonly #onReturn: () => void;
  #ended = false;
  #error: UnmaskError | undefined;

  /** `onReturn` is called once, if the reader leaves before the end. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(message: Message): void {
    if (this.#ended) return;
    const taker = this.#takers.shift();
    if (taker) taker.resolve({ done: false, value: message });
    else this.#messages.push(message);
  }

  /** Ends it: after the messages already here the reader is done, or gets the error. */
  end(error?: UnmaskError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const taker of this.#takers.splice(0)) this.#settle(taker);
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    return new Promise((resolve, reject) => {
      const message = this.#messages.shift();
      if (message) resolve({ done: false, value: message });
      else if (this.#ended) this.#settle({ resolve, reject });
      else this.#takers.push({ resolve, reject });
    });
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    const left = !this.#ended;
    this.#messages.length = 0;
    this.end();
    if (left) this.#onReturn();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The error is given once; a reader that asks again is done. */
  #settle(taker: Taker<Message>): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) taker.reject(error);
    else taker.resolve({ done: true, value: undefined });
  }
}
