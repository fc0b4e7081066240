import { expect, test } from 'vitest';
import type { GenerationEvent, GuessedToken } from '../../src/library/texts';
import { DEFAULT_SETTINGS, reportFor } from '../../src/ui/settings/settings';
import { readRunFile, writeRunFile } from '../../src/ui/share/run-file';
import { continueStory, endStory, newStory, type Story } from '../../src/ui/story/story';
import { BINS, binsOf, histogramText, probabilitiesAt } from '../../src/ui/timeline/pass-histogram';
import { storyAt } from '../../src/ui/timeline/replay';
import { RUN_SETTINGS } from './run-script';

const SETTINGS = { ...RUN_SETTINGS, policy: 'threshold', threshold: 0.6, blockSize: 4 } as const;
const guess = (position: number, text: string, drawn: number | null = 0.3): GuessedToken => {
  return { position, id: position, text, probability: 0.4, drawn };
};
const step = (index: number, positions: readonly number[], guesses?: readonly GuessedToken[]): GenerationEvent => ({
  type: 'step',
  block: 0,
  step: index,
  reveal: positions.map((position) => ({ position, id: 7, text: ' kite', probability: 0.9 })),
  nfe: index + 1,
  seconds: index,
  guesses,
});
const after = (...messages: GenerationEvent[]): Story => {
  const started: GenerationEvent = { type: 'started', promptTokens: 4, pinned: [] };
  return [started, ...messages].reduce(continueStory, newStory(SETTINGS, null));
};
const guesses = (story: Story) => story.blocks[0]?.tokens.map(({ guess }) => guess?.text ?? null);

const first = step(0, [1], [guess(0, ' red'), guess(2, ' flew'), guess(3, '.')]);
const second = step(1, [0], [guess(2, ' fell', null), guess(3, '!')]);

test('each masked place has the guess of the latest pass, and none once it is uncovered', () => {
  expect(guesses(after())).toEqual([null, null, null, null]);
  expect(guesses(after(first))).toEqual([' red', null, ' flew', '.']);
  expect(guesses(after(first, second))).toEqual([null, null, ' fell', '!']);
});

test('a pass that predicts one token alone leaves no guesses; a run that tells none has none', () => {
  expect(guesses(after(first, step(1, [0], [])))).toEqual([null, null, null, null]);
  expect(guesses(after(step(0, [1])))).toEqual([null, null, null, null]);
});

test('the timeline goes back to the guesses of each pass', () => {
  const story = after(first, second, step(2, [2], [guess(3, '?')]));
  expect(guesses(storyAt(story, 0))).toEqual([null, null, null, null]);
  expect(guesses(storyAt(story, 1))).toEqual([' red', null, ' flew', '.']);
  expect(guesses(storyAt(story, 2))).toEqual([null, null, ' fell', '!']);
});

test('guesses belong to the session that saw them: a saved run has none', () => {
  const story = endStory(after(first, second), 'stopped');
  const provenance = {
    model: { name: 'Scripted', digest: '0123456789ab', device: 'wasm' },
    first: DEFAULT_SETTINGS,
    changes: 0,
    source: 'here',
  } as const;
  const opened = readRunFile(writeRunFile(story, provenance));
  expect(guesses(opened)).toEqual([null, null, null, null]);
  expect(opened.steps.every(({ guesses }) => guesses === undefined)).toBe(true);
});

test('the histogram has what the policy judged: what was uncovered, what was left, and the threshold', () => {
  const story = after(first, second);
  expect(probabilitiesAt(story, 0)).toBeNull();
  expect(probabilitiesAt(story, 1)).toEqual({ revealed: [0.9], left: [0.3, 0.3, 0.3], threshold: 0.6 });
  expect(probabilitiesAt(story, 2)).toEqual({ revealed: [0.9], left: [0.3], threshold: 0.6 });
  const plain = { ...story, settings: { ...SETTINGS, policy: 'confidence' } as const };
  expect(probabilitiesAt(plain, 1)?.threshold).toBeNull();
});

test('every probability is in one bar, certainty in the last', () => {
  const bins = binsOf({ revealed: [1, 0.999, 0.5], left: [0, 0.049, 0.5] });
  expect(bins).toHaveLength(BINS);
  expect([bins[0], bins[BINS / 2], bins[BINS - 1]]).toEqual([
    { revealed: 0, left: 2 },
    { revealed: 1, left: 1 },
    { revealed: 2, left: 0 },
  ]);
});

test('the histogram is told in a sentence', () => {
  expect(histogramText({ revealed: [0.97, 0.881, 0.9], left: [0.02, 0.6], threshold: 0.85 })).toBe(
    'Uncovered: 3 tokens, 88 to 97 %; left masked: 2 tokens, 2 to 60 %; threshold 85 %.',
  );
  expect(histogramText({ revealed: [0.5], left: [], threshold: null })).toBe('Uncovered: 1 token, 50 %.');
});

test('guesses are asked for only while something shows them', () => {
  expect(reportFor(DEFAULT_SETTINGS)).toBe('reveals');
  expect(reportFor({ guesses: 'on', histogram: 'off' })).toBe('guesses');
  expect(reportFor({ guesses: 'off', histogram: 'on' })).toBe('guesses');
});
