import type { GenerateSettings, GenerationEvent } from '../library/texts';
import { type Writer, writeText } from './write-text';

/** What one of the racers has to tell. */
export interface RacerEvent {
  /** Its place among the settings. */
  readonly racer: number;
  readonly event: GenerationEvent;
}

/**
 * Writes a text for each of the settings side by side, each on a sequence of its own. One is at work at a time:
 * always the one that has had the least time so far, so that none waits for another's slowness, and `seconds` of a
 * text is the time it has had. Ends when all are done, or once `signal` is aborted.
 */
export async function* raceTexts(
  writers: readonly Omit<Writer, 'seconds'>[],
  settings: readonly GenerateSettings[],
  signal: AbortSignal,
): AsyncGenerator<RacerEvent, void> {
  const racers = settings.map((asked, racer) => {
    const clock = new Clock();
    const events = writeText({ ...writers[racer]!, seconds: () => clock.seconds }, () => asked, signal);
    return { racer, clock, events };
  });
  try {
    const running = new Set(racers);
    while (running.size > 0) {
      const next = [...running].reduce((least, racer) => (racer.clock.seconds < least.clock.seconds ? racer : least));
      next.clock.start();
      const { done, value } = await next.events.next();
      next.clock.stop();
      if (done) running.delete(next);
      else yield { racer: next.racer, event: value };
    }
  } finally {
    for (const { events } of racers) await events.return();
  }
}

/** Adds up the time between its starts and stops. */
class Clock {
  #seconds = 0;
  #since: number | undefined;

  get seconds(): number {
    return this.#seconds + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000);
  }

  start(): void {
    this.#since = performance.now();
  }

  stop(): void {
    this.#seconds = this.seconds;
    this.#since = undefined;
  }
}
