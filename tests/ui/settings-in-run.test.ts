import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, generateSettings, type Settings } from '../../src/ui/settings/settings';
import { settingsForNextBlock, waitingSettings } from '../../src/ui/settings/settings-in-run';
import { continueStory, newStory } from '../../src/ui/story/story';
import { INFO } from '../worker/scripted-model';

const story = newStory(generateSettings(DEFAULT_SETTINGS, INFO), null);
const waiting = (change: Partial<Settings>) => waitingSettings(story, { ...DEFAULT_SETTINGS, ...change }, INFO);

test('what the worker writes with waits for nothing', () => {
  expect(waiting({})).toEqual({ forBlock: false, forText: false });
  expect(waiting({ heat: 'order', speed: 4 })).toEqual({ forBlock: false, forText: false });
});

test('how it is written waits for the next block, what is written for the next text', () => {
  expect(waiting({ blockSize: 4 })).toEqual({ forBlock: true, forText: false });
  expect(waiting({ policy: 'threshold' })).toEqual({ forBlock: true, forText: false });
  expect(waiting({ title: 'Fog' })).toEqual({ forBlock: false, forText: true });
  expect(waiting({ seed: 9, topP: 0.5 })).toEqual({ forBlock: true, forText: true });
});

test('nothing waits any more once the settings are in force', () => {
  const settings = { ...DEFAULT_SETTINGS, blockSize: 4, maxTokens: 32 };
  const wanted = settingsForNextBlock(story, settings, INFO);
  const changed = continueStory(story, { type: 'changed', settings: structuredClone(wanted), pinned: [] });
  expect(waitingSettings(changed, settings, INFO).forBlock).toBe(false);
});

test('of an edited text as much is asked for as the page’s length leaves', () => {
  const kept = { blocks: 0, tokens: 9, pinned: 0, nfe: 0, seconds: 0, lessTokens: 40 };
  const settings = { ...DEFAULT_SETTINGS, maxTokens: 100 };
  expect(settingsForNextBlock({ ...story, kept }, settings, INFO).maxTokens).toBe(60);
  expect(settingsForNextBlock({ ...story, kept }, { ...settings, maxTokens: 16 }, INFO).maxTokens).toBe(0);
});
