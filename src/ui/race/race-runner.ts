import { createStore } from 'zustand/vanilla';
import type { RaceEvent } from '../../library/unmask';
import type { Controller } from '../session/controller';
import { LentRun } from '../session/lent-run';
import { pairOf } from './pair';
import { FIRST_RACE, type Race, type RaceAction, reduceRace, type Side, settingsOfSide } from './race';

/** Holds the race and runs it, whether or not it is on the screen. */
export class RaceRunner {
  readonly #controller: Controller;
  readonly #run: LentRun<RaceEvent>;
  readonly store = createStore<Race>(() => FIRST_RACE);

  constructor(controller: Controller) {
    this.#controller = controller;
    this.#run = new LentRun(controller, (action) => this.#dispatch(action));
  }

  get race(): Race {
    return this.store.getState();
  }

  setSide(racer: number, change: Partial<Side>): void {
    this.#dispatch({ type: 'side-changed', racer, change });
  }

  /** Begins again with the sides and the page's settings as they are. Nothing happens where there is no model. */
  async start(): Promise<void> {
    const { model, settings } = this.#controller.session;
    if (model.phase !== 'ready') return;
    this.stop();
    const asked = pairOf(this.race.sides.map((side) => settingsOfSide(side, settings, model.info)));
    this.#dispatch({ type: 'started', settings: asked, by: model.info.name });
    await this.#run.start((client, signal) => client.race(asked, signal));
  }

  /** Ends the race; what was written stays. */
  stop(): void {
    if (this.race.phase === 'running') this.#run.stop();
  }

  #dispatch(action: RaceAction): void {
    this.store.setState(reduceRace(this.race, action), true);
  }
}
