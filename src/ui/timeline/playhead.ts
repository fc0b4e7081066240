import type { Step } from '../story/story';

/** Where a person looks in a run that they scrub, play back or follow at a pace of their own. */
export interface Playhead {
  /** How many steps of the run are shown. */
  readonly position: number;
  /** What moves it: the run's own time, or a pace of so many steps a second. */
  readonly clock: 'run' | 'pace';
  /** The time of the run that playback has reached; by pace, the time since the last step was shown. */
  readonly seconds: number;
  readonly playing: boolean;
}

/** How the text on screen relates to its run. */
export type Motion = 'live' | 'following' | 'playing' | 'past';

export function motionOf(playhead: Playhead | null): Motion {
  if (!playhead) return 'live';
  if (!playhead.playing) return 'past';
  return playhead.clock === 'pace' ? 'following' : 'playing';
}

/** Playback waits no longer than this for a step, however long the step took. */
const LONGEST_WAIT = 1;

/** Resting at a position. Null at the end or past it: that is where the run itself is. */
export function restAt(steps: readonly Step[], position: number): Playhead | null {
  const from = Math.max(0, position);
  if (from >= steps.length) return null;
  return { position: from, clock: 'run', seconds: secondsAt(steps, from), playing: false };
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
  return position >= steps.length ? null : { ...playhead, position, seconds: reached };
}

/** Following a run at a pace, from where it is now. */
export function follow(steps: readonly Step[]): Playhead {
  return { position: steps.length, clock: 'pace', seconds: 0, playing: true };
}

/**
 * Following after `seconds` more, at `pace` steps a second. It waits for a run that is slower, and is null once it has
 * caught up with one that has `ended`.
 */
export function followOn(
  steps: readonly Step[],
  playhead: Playhead,
  seconds: number,
  { pace, ended }: { readonly pace: number; readonly ended: boolean },
): Playhead | null {
  if (!playhead.playing) return playhead;
  const due = Math.floor((playhead.seconds + seconds) * pace);
  const position = Math.min(steps.length, playhead.position + due);
  if (ended && position >= steps.length) return null;
  // The step that it waits for is shown as soon as it comes.
  const waited = playhead.seconds + seconds - (position - playhead.position) / pace;
  return { ...playhead, position, seconds: Math.min(waited, 1 / pace) };
}

function secondsAt(steps: readonly Step[], position: number): number {
  return steps[position - 1]?.seconds ?? 0;
}
