import type { Step } from '../../story/story';
import { playOn, restAt, togglePlay } from '../../timeline/playhead';

export const FRAMES_PER_SECOND = 30;
/** How long the whole text stands at the end. */
const LAST_SECONDS = 2;

/** For each picture of a video, how many steps of the run it shows. */
export function framesOf(steps: readonly Step[], speed: number): number[] {
  const positions: number[] = [];
  let playhead = togglePlay(steps, restAt(steps, 0));
  while (playhead) {
    positions.push(playhead.position);
    playhead = playOn(steps, playhead, speed / FRAMES_PER_SECOND);
  }
  return [...positions, ...Array<number>(LAST_SECONDS * FRAMES_PER_SECOND).fill(steps.length)];
}
