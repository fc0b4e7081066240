import type { Action } from '../session/reduce';
import type { Story } from '../story/story';

/** Where a person looks in the run of the text on screen. */
export class Playback {
  readonly #dispatch: (action: Action) => void;

  constructor(dispatch: (action: Action) => void) {
    this.#dispatch = dispatch;
  }

  /** Shows the text as it was after its first `position` steps. */
  scrub(position: number): void {
    this.#dispatch({ type: 'scrubbed', position });
  }

  /** Shows it some steps later, or earlier for a negative number. */
  move(by: number): void {
    this.#dispatch({ type: 'moved', by });
  }

  moveByBlock(by: 1 | -1): void {
    this.#dispatch({ type: 'moved-by-block', by });
  }

  /** Shows the text as it is. */
  goLive(): void {
    this.#dispatch({ type: 'went-live' });
  }

  /** Plays the run back, or halts that. */
  toggle(): void {
    this.#dispatch({ type: 'play-toggled' });
  }

  /** Plays or follows on after `seconds` of the clock on the wall. */
  playOn(seconds: number): void {
    this.#dispatch({ type: 'played-on', seconds });
  }

  /** Shows an answer of the conversation in the timeline, played from its beginning. */
  replay(answer: Story): void {
    this.#dispatch({ type: 'looked-at', story: answer });
    this.toggle();
  }
}
