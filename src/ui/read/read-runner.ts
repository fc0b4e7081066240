import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { Controller } from '../session/controller';
import { FIRST_READING, type ReadAction, type ReadForm, type Reading, reduceReading, requestOf } from './reading';

/** Holds the text that is read and has it read, whether or not it is on the screen. */
export class ReadRunner {
  readonly #controller: Controller;
  readonly store = createStore<Reading>(() => FIRST_READING);
  #running = new AbortController();

  constructor(controller: Controller) {
    this.#controller = controller;
    controller.store.subscribe(({ model }) => {
      if (model.phase === 'loading' && this.reading.problem) this.#dispatch({ type: 'load-started' });
    });
  }

  get reading(): Reading {
    return this.store.getState();
  }

  set(change: Partial<ReadForm>): void {
    this.#dispatch({ type: 'form-changed', change });
  }

  /** Reads the text as it is now. Nothing happens where there is no model, or nothing to read. */
  async start(): Promise<void> {
    const request = requestOf(this.reading.form);
    if (this.#controller.session.model.phase !== 'ready' || !request) return;
    this.stop();
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#dispatch({ type: 'started' });
    try {
      const messages = this.#controller.lend((client) => client.read(request, signal));
      for await (const message of messages) this.#dispatch({ type: 'told', message });
    } catch (error) {
      // A reading that was stopped is shown as such already, and another may be on by now.
      if (signal.aborted) return;
      const problem = describeError(error);
      // Another run, or a load, has taken its place.
      this.#dispatch(problem.code === 'cancelled' ? { type: 'stopped' } : { type: 'failed', problem });
    }
  }

  /** Ends the reading; what is known by then stays. */
  stop(): void {
    if (this.reading.phase !== 'reading') return;
    this.#running.abort();
    this.#dispatch({ type: 'stopped' });
  }

  #dispatch(action: ReadAction): void {
    this.store.setState(reduceReading(this.reading, action), true);
  }
}
