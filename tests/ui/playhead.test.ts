import { expect, test } from 'vitest';
import { reduce } from '../../src/ui/session/reduce';
import { newSession, type Session } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS, type Pace } from '../../src/ui/settings/settings';
import { newStory } from '../../src/ui/story/story';
import {
  motionOf,
  moveBy,
  moveByBlock,
  type Playhead,
  playOn,
  restAt,
  togglePlay,
} from '../../src/ui/timeline/playhead';
import { RUN_SETTINGS, scriptedRun, scriptedStory } from './run-script';

const { steps } = scriptedStory(4);

test('the end of the run is the run itself', () => {
  expect(restAt(steps, steps.length)).toBeNull();
  expect(restAt(steps, -3)?.position).toBe(0);
  expect(moveBy(steps, null, -1)?.position).toBe(steps.length - 1);
  expect(moveBy(steps, restAt(steps, steps.length - 1), 1)).toBeNull();
});

test('a move by blocks stops where a block begins', () => {
  expect(moveByBlock(steps, null, -1)?.position).toBe(6);
  expect(moveByBlock(steps, restAt(steps, 3), -1)?.position).toBe(2);
  expect(moveByBlock(steps, restAt(steps, 3), 1)?.position).toBe(4);
  expect(moveByBlock(steps, restAt(steps, 7), 1)).toBeNull();
  expect(moveByBlock(steps, restAt(steps, 0), -1)?.position).toBe(0);
});

test('playback takes as long as the run took, and ends where the run does', () => {
  let playhead: Playhead | null = togglePlay(steps, null);
  expect(playhead).toMatchObject({ position: 0, playing: true });
  const positions: (number | undefined)[] = [];
  while (playhead) {
    playhead = playOn(steps, playhead, 0.1);
    positions.push(playhead?.position);
  }
  const seconds = steps.at(-1)!.seconds;
  expect(positions.length).toBeGreaterThanOrEqual(Math.floor(seconds / 0.1));
  expect(positions.length).toBeLessThanOrEqual(Math.ceil(seconds / 0.1) + 1);
  expect(positions.slice(0, -1)).toEqual(positions.slice(0, -1).toSorted((a, b) => a! - b!));
});

test('playback does not wait long for a step that took long, and pauses', () => {
  const slow = steps.map((step, index) => ({ ...step, seconds: 60 * (index + 1) }));
  const playing = { ...restAt(slow, 0)!, playing: true };
  expect(playOn(slow, playing, 0.5)?.position).toBe(0);
  expect(playOn(slow, playOn(slow, playing, 0.5)!, 1)?.position).toBe(1);
  const paused = togglePlay(slow, playing)!;
  expect(playOn(slow, paused, 100)).toBe(paused);
});

test('while someone looks back the run goes on, and a new text ends that', () => {
  const story = newStory(RUN_SETTINGS, null);
  let session = reduce(newSession(DEFAULT_SETTINGS), { type: 'writing-started', story });
  const [first, second, ...later] = scriptedRun(3);
  for (const message of [first!, second!]) session = reduce(session, { type: 'written', message });
  session = reduce(session, { type: 'moved', by: -1 });
  const { playhead } = session;
  expect(playhead?.position).toBe(0);
  for (const message of later) session = reduce(session, { type: 'written', message });
  expect(session.playhead).toBe(playhead);
  expect(session.story?.steps).toHaveLength(6);
  expect(reduce(session, { type: 'went-live' }).playhead).toBeNull();
  expect(reduce(session, { type: 'writing-started', story }).playhead).toBeNull();
});

test('with no step there is nothing to scrub', () => {
  const session = newSession(DEFAULT_SETTINGS);
  expect(reduce(session, { type: 'moved', by: -1 }).playhead).toBeNull();
  expect(reduce(session, { type: 'play-toggled' }).playhead).toBeNull();
});

test('a text is followed at a pace that leaves its run alone', () => {
  const story = newStory(RUN_SETTINGS, null);
  let session = reduce(newSession({ ...DEFAULT_SETTINGS, pace: 'steady' }), { type: 'writing-started', story });
  const wait = (seconds: number) => {
    session = reduce(session, { type: 'played-on', seconds });
    return session.playhead?.position ?? 'caught up';
  };
  expect([motionOf(session.playhead), wait(10)]).toEqual(['following', 0]);
  const messages = scriptedRun(2);
  for (const message of messages) session = reduce(session, { type: 'written', message });
  const { story: finished } = session;
  expect(finished?.phase).toBe('finished');
  // The first step had been waited for; the others come a fifth of a second apart.
  expect([wait(0.01), wait(0.1), wait(0.11), wait(0.2), wait(0.2)]).toEqual([1, 1, 2, 3, 'caught up']);
  expect(session.story).toBe(finished);
});

test('another pace takes effect at once, and what is stopped is shown as it is', () => {
  const story = newStory(RUN_SETTINGS, null);
  const begin = reduce(newSession({ ...DEFAULT_SETTINGS, pace: 'slow' }), { type: 'writing-started', story });
  const writing = scriptedRun(2)
    .slice(0, -1)
    .reduce((session, message) => reduce(session, { type: 'written', message }), begin);
  const setTo = (session: Session, pace: Pace) => reduce(session, { type: 'settings-changed', change: { pace } });
  expect(setTo(writing, 'full').playhead).toBeNull();
  expect(setTo(setTo(writing, 'full'), 'brisk').playhead).toMatchObject({ position: 4, clock: 'pace' });
  expect(setTo(writing, 'brisk').playhead).toBe(writing.playhead);
  expect(reduce(writing, { type: 'writing-stopped' }).playhead).toBeNull();
  const conversation = { ...story, settings: { ...RUN_SETTINGS, messages: [] } };
  expect(reduce(writing, { type: 'writing-started', story: conversation }).playhead).toBeNull();
});
