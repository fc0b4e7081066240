import { createStore } from 'zustand/vanilla';
import type { ReadEvent } from '../../library/unmask';
import type { Controller } from '../session/controller';
import { LentRun } from '../session/lent-run';
import { FIRST_READING, type ReadAction, type ReadForm, type Reading, reduceReading, requestOf } from './reading';

/** Holds the text that is read and has it read, whether or not it is on the screen. */
export class ReadRunner {
  readonly #controller: Controller;
  readonly #run: LentRun<ReadEvent>;
  readonly store = createStore<Reading>(() => FIRST_READING);

  constructor(controller: Controller) {
    this.#controller = controller;
    this.#run = new LentRun(controller, (action) => this.#dispatch(action));
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
    const { model } = this.#controller.session;
    if (model.phase !== 'ready' || !request) return;
    this.stop();
    this.#dispatch({ type: 'started', by: model.info.name });
    await this.#run.start((client, signal) => client.read(request, signal));
  }

  /** Ends the reading; what is known by then stays. */
  stop(): void {
    if (this.reading.phase === 'reading') this.#run.stop();
  }

  #dispatch(action: ReadAction): void {
    this.store.setState(reduceReading(this.reading, action), true);
  }
}
