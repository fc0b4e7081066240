import { createStore } from 'zustand/vanilla';
import { describeError } from '../../errors';
import type { Controller } from '../session/controller';
import type { Pair } from './pair';
import { FIRST_RACE, type Race, type RaceAction, reduceRace, type Side, settingsOfSide } from './race';

/** Holds the race and runs it, whether or not it is on the screen. */
export class RaceRunner {
  readonly #controller: Controller;
  readonly store = createStore<Race>(() => FIRST_RACE);
  #running = new AbortController();

  constructor(controller: Controller) {
    this.#controller = controller;
    controller.store.subscribe(({ model }) => {
      if (model.phase === 'loading' && this.race.problem) this.#dispatch({ type: 'load-started' });
    });
  }

  get race(): Race {
    return this.store.getState();
  }

  setSide(racer: number, change: Partial<Side>): void {
    this.#dispatch({ type: 'side-changed', racer, change });
  }

  /** Begins anew with the sides and the page's settings as they are. Nothing happens where there is no model. */
  async start(): Promise<void> {
    const { model, settings } = this.#controller.session;
    if (model.phase !== 'ready') return;
    this.stop();
    const [one, other] = this.race.sides;
    const asked: Pair<ReturnType<typeof settingsOfSide>> = [
      settingsOfSide(one, settings, model.info),
      settingsOfSide(other, settings, model.info),
    ];
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#dispatch({ type: 'started', settings: asked });
    try {
      const race = this.#controller.lend((client) => client.race(asked, signal));
      for await (const message of race) this.#dispatch({ type: 'told', message });
    } catch (error) {
      // A race that was stopped is shown as such already, and another may be on by now.
      if (signal.aborted) return;
      const problem = describeError(error);
      // Another run, or a load, has taken its place.
      this.#dispatch(problem.code === 'cancelled' ? { type: 'stopped' } : { type: 'failed', problem });
    }
  }

  /** Ends the race; what was written stays. */
  stop(): void {
    if (this.race.phase !== 'running') return;
    this.#running.abort();
    this.#dispatch({ type: 'stopped' });
  }

  #dispatch(action: RaceAction): void {
    this.store.setState(reduceRace(this.race, action), true);
  }
}
