import { expect, test } from 'vitest';
import { POLICY_NAMES } from '../../src/library/models';
import type { GenerateSettings, GenerationEvent } from '../../src/library/texts';
import type { Pair } from '../../src/ui/race/pair';
import { FIRST_RACE, type Race, type RaceAction, reduceRace, settingsOfSide, sideOn } from '../../src/ui/race/race';
import { DEFAULT_SETTINGS } from '../../src/ui/settings/settings';
import { tokensWritten } from '../../src/ui/story/story';

const MODEL = {
  blockSizes: [1, 2, 4, 8, 16, 32],
  defaultBlockSize: 8,
  policies: POLICY_NAMES,
  origin: { type: 'embedded' },
  decoding: { policy: 'confidence', threshold: 0.9 },
} as const;
const settings = { ...DEFAULT_SETTINGS, title: 'Fog', maxTokens: 2, seed: 5 };
const asked = FIRST_RACE.sides.map((side) =>
  settingsOfSide(side, settings, MODEL),
) as unknown as Pair<GenerateSettings>;
const started: RaceAction = { type: 'started', by: 'Scripted', settings: asked };
const over: RaceAction = { type: 'event', event: { type: 'race-done' } };

function raced(racer: number, event: GenerationEvent): RaceAction {
  return { type: 'event', event: { type: 'raced', racer, event } };
}
function after(...actions: RaceAction[]): Race {
  return actions.reduce(reduceRace, FIRST_RACE);
}
const opening = (racer: number) => raced(racer, { type: 'started', promptTokens: 4, pinned: [] });
const reveal = (racer: number, nfe: number, seconds: number) =>
  raced(racer, {
    type: 'step',
    block: 0,
    step: 0,
    reveal: [{ position: 0, id: 9, text: 'It', probability: 0.5 }],
    nfe,
    seconds,
  });
const done = (racer: number, nfe: number, seconds: number) =>
  raced(racer, { type: 'done', reason: 'length', nfe, seconds });

test('by default one token at a time races blocks of 16 in 8 steps, all else being the same', () => {
  const [one, other] = asked;
  expect(one).toMatchObject({ blockSize: 1, steps: 1, seed: 5, maxTokens: 2 });
  expect(other).toEqual({ ...one, blockSize: 16, steps: 8 });
});

test('a side does what the model can', () => {
  const wanted = { blockSize: 16, policy: 'confidence', steps: 8 } as const;
  expect(sideOn(wanted, { ...MODEL, blockSizes: [1, 4] })).toEqual({ blockSize: 4, policy: 'confidence', steps: 4 });
  expect(sideOn(wanted, { ...MODEL, blockSizes: [32] })).toEqual({ blockSize: 32, policy: 'confidence', steps: 8 });
});

test('events go to the racer they are about', () => {
  const race = after(started, opening(0), opening(1), reveal(1, 3, 0.4));
  const [one, other] = race.stories!;
  expect([tokensWritten(one), one.nfe, one.seconds]).toEqual([0, 0, 0]);
  expect([tokensWritten(other), other.nfe, other.seconds]).toEqual([1, 3, 0.4]);
  expect(race.phase).toBe('running');
});

test('only the start and the verdict are announced', () => {
  const running = after(started, opening(0), opening(1), reveal(0, 2, 1), reveal(1, 3, 0.4));
  expect(running.announced).toBe('The race is on: one at a time against blocks of 16.');
  const finished = [done(0, 4, 2), done(1, 5, 0.8), over].reduce(reduceRace, running);
  expect(finished.phase).toBe('finished');
  expect(finished.announced).toMatch(/won: .* against|^A tie/);
});

test('a race that is stopped keeps its texts, and hears no more', () => {
  const stopped = after(started, opening(0), reveal(0, 2, 1), { type: 'stopped' });
  expect(stopped.phase).toBe('stopped');
  expect(stopped.stories?.map(({ phase }) => phase)).toEqual(['stopped', 'stopped']);
  expect(tokensWritten(stopped.stories![0])).toBe(1);
  expect(reduceRace(stopped, reveal(0, 3, 2))).toBe(stopped);
  expect(reduceRace(stopped, over)).toBe(stopped);
  expect(reduceRace(stopped, { type: 'stopped' })).toBe(stopped);
});

test('a racer that is done stays so when the other fails; the problem goes with the next race or load', () => {
  const problem = { code: 'device-lost', message: 'Load the model again.' } as const;
  const failed = after(started, opening(0), done(0, 4, 2), { type: 'failed', problem });
  expect(failed.stories?.map(({ phase }) => phase)).toEqual(['finished', 'failed']);
  expect(failed.problem).toEqual(problem);
  expect(reduceRace(failed, started).problem).toBeNull();
  expect(reduceRace(failed, { type: 'load-started' }).problem).toBeNull();
});

test('a side is changed alone', () => {
  const race = after({ type: 'side-changed', racer: 1, change: { blockSize: 4 } });
  expect(race.sides).toEqual([FIRST_RACE.sides[0], { ...FIRST_RACE.sides[1], blockSize: 4 }]);
});
