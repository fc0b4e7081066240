import type { Step } from '../story/story';

/** Where a person looks in a run that they scrub or play back. */
export interface Playhead {
  /** How many steps of the run are shown. */
  readonly position: number;
  /** The time of the run that playback has reached. */
  readonly seconds: number;
  readonly playing: boolean;
}

/** Playback waits no longer than this for a step, however long the step took. */
const LONGEST_WAIT = 1;

/** Resting at a position. Null at the end or past it: that is where the run itself is. */
export function restAt(steps: readonly Step[], position: number): Playhead | null {
  const from = Math.max(0, position);
  if (from >= steps.length) return null;
  return { position: from, seconds: secondsAt(steps, from), playing: false };
}

/** Some steps on, or back for a negative number. */
export function moveBy(steps: readonly Step[], playhead: Playhead | null, by: number): Playhead | null {
  return restAt(steps, (playhead?.position ?? steps.length) + by);
}

/** Some blocks on or back: each block's first step is a stop. */
export function moveByBlock(steps: readonly Step[], playhead: Playhead | null, by: 1 | -1): Playhead | null {
  const from = playhead?.position ?? steps.length;
  const starts = steps.flatMap(({ block }, index) => (block === steps[index - 1]?.block ? [] : [index]));
  const next = by > 0 ? starts.find((start) => start > from) : starts.findLast((start) => start < from);
  return restAt(steps, next ?? (by > 0 ? steps.length : 0));
}

/** Plays on from here, from the beginning where the run itself is shown; or rests. */
export function togglePlay(steps: readonly Step[], playhead: Playhead | null): Playhead | null {
  if (playhead?.playing) return { ...playhead, playing: false };
  const resting = playhead ?? restAt(steps, 0);
  return resting && { ...resting, playing: true };
}

/** Playback after `seconds` more of the run's own time. Null once it has caught up. */
export function playOn(steps: readonly Step[], playhead: Playhead, seconds: number): Playhead | null {
  if (!playhead.playing) return playhead;
  const next = steps[playhead.position];
  const reached = Math.max(playhead.seconds + seconds, (next?.seconds ?? 0) - LONGEST_WAIT);
  let { position } = playhead;
  while (position < steps.length && steps[position]!.seconds <= reached) position++;
  return position >= steps.length ? null : { position, seconds: reached, playing: true };
}

function secondsAt(steps: readonly Step[], position: number): number {
  return steps[position - 1]?.seconds ?? 0;
}
