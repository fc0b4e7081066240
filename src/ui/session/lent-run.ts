import { describeError } from '../../errors';
import type { Client } from '../../library/unmask';
import type { Controller } from './controller';
import type { Problem } from './session';

/** What happens to a run of a view that does not write. */
export type RunAction<Event> =
  | { readonly type: 'event'; readonly event: Event }
  /** A person ended it, or another run or a load has taken its place. */
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly problem: Problem }
  /** Another model, or the same again, is being loaded. */
  | { readonly type: 'load-started' };

/** The runs of a view that does not write: each takes the model from a text that is being written. */
export class LentRun<Event> {
  readonly #controller: Controller;
  readonly #dispatch: (action: RunAction<Event>) => void;
  #running = new AbortController();

  constructor(controller: Controller, dispatch: (action: RunAction<Event>) => void) {
    this.#controller = controller;
    this.#dispatch = dispatch;
    controller.store.subscribe(({ model }) => {
      if (model.phase === 'loading') dispatch({ type: 'load-started' });
    });
  }

  /** Tells of a run until it has ended, or another is started. */
  async start(run: (client: Client, signal: AbortSignal) => AsyncIterable<Event>): Promise<void> {
    this.#running.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    try {
      for await (const event of this.#controller.lend((client) => run(client, signal))) {
        this.#dispatch({ type: 'event', event });
      }
    } catch (error) {
      // One that was stopped is shown as such already, and another may be on by now.
      if (signal.aborted) return;
      const problem = describeError(error);
      this.#dispatch(problem.code === 'cancelled' ? { type: 'stopped' } : { type: 'failed', problem });
    }
  }

  /** Ends the run. */
  stop(): void {
    this.#running.abort();
    this.#dispatch({ type: 'stopped' });
  }
}
