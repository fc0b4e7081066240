import { expect, test } from 'vitest';
import { NO_PROGRESS } from '../../src/ui/models/pace';
import { type Action, reduce } from '../../src/ui/session/reduce';
import { isWriting, newSession, type Session } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS, generateSettings } from '../../src/ui/settings/settings';
import { newStory } from '../../src/ui/story/story';
import { INFO } from '../worker/scripted-model';

const story = newStory(generateSettings(DEFAULT_SETTINGS, INFO), null);
const problem = { code: 'network', message: 'Try again.' } as const;

function after(...actions: Action[]): Session {
  return actions.reduce(reduce, newSession(DEFAULT_SETTINGS));
}

const loaded: Action[] = [
  { type: 'load-started', earlierModel: null },
  { type: 'load-progressed', progress: { ...NO_PROGRESS, loadedBytes: 3, totalBytes: 10 } },
  { type: 'load-ended', info: INFO },
];
const writing: Action[] = [
  ...loaded,
  { type: 'writing-started', story },
  { type: 'written', message: { type: 'started', promptTokens: 1, pinned: [] } },
];
const revealed: Action = {
  type: 'written',
  message: {
    type: 'step',
    block: 0,
    step: 0,
    reveal: [{ position: 0, id: 1, text: 'a', probability: 1 }],
    nfe: 1,
    seconds: 1,
  },
};

test('a load counts bytes and ends with the model', () => {
  expect(after(...loaded.slice(0, 2)).model).toMatchObject({ phase: 'loading', loadedBytes: 3, totalBytes: 10 });
  expect(after(...loaded).model).toEqual({ phase: 'ready', info: INFO });
});

test('a load counts the pipelines of a GPU after its bytes', () => {
  const { model } = after(...loaded.slice(0, 2), { type: 'load-compiled', compiled: { done: 2, total: 7 } });
  expect(model).toMatchObject({ phase: 'loading', loadedBytes: 3, compiled: { done: 2, total: 7 } });
});

test('progress that comes after the end of a load changes nothing', () => {
  const cancelled = after({ type: 'load-started', earlierModel: null }, { type: 'load-cancelled' });
  expect(
    reduce(cancelled, { type: 'load-progressed', progress: { ...NO_PROGRESS, loadedBytes: 1, totalBytes: 2 } }),
  ).toBe(cancelled);
});

test('a failed load keeps the settings and the text, and another load clears the failure', () => {
  const settings = { type: 'settings-changed', change: { title: 'Fog' } } as const;
  const failed = after(...writing, revealed, settings, { type: 'writing-stopped' }, { type: 'load-failed', problem });
  expect(failed.model).toEqual({ phase: 'failed', problem });
  expect(failed.settings.title).toBe('Fog');
  expect(failed.story?.blocks[0]?.tokens[0]?.text).toBe('a');
  expect(reduce(failed, { type: 'load-started', earlierModel: null }).model.phase).toBe('loading');
});

test('an error while writing keeps the text and says what to do until the next text', () => {
  const failed = after(...writing, revealed, { type: 'writing-failed', problem });
  expect(isWriting(failed)).toBe(false);
  expect(failed.problem).toEqual(problem);
  expect(failed.story?.phase).toBe('failed');
  expect(failed.story?.blocks[0]?.tokens[0]?.text).toBe('a');
  expect(reduce(failed, { type: 'writing-started', story }).problem).toBeNull();
});

test('what arrives after Stop is not drawn', () => {
  const stopped = after(...writing, { type: 'writing-stopped' });
  expect(reduce(stopped, revealed)).toBe(stopped);
});

test('undo and redo step through the texts that were on the screen, and lose none', () => {
  const texts = ['one', 'two', 'three'].map((prompt) => ({
    ...story,
    phase: 'finished' as const,
    settings: { ...story.settings, prompt },
  }));
  const shown = (session: Session) => session.story?.settings.prompt;
  let session = after(...loaded, ...texts.map((text): Action => ({ type: 'writing-started', story: text })));
  expect(session.past).toHaveLength(2);
  session = [{ type: 'undone' }, { type: 'undone' }, { type: 'undone' }].reduce(
    (before, action) => reduce(before, action as Action),
    session,
  );
  expect(shown(session)).toBe('one');
  expect(session.announced).toMatch(/^Undone: /);
  session = reduce(session, { type: 'redone' });
  expect(shown(session)).toBe('two');
  session = reduce(session, { type: 'redone' });
  expect(session.story).toBe(texts[2]);
  expect(reduce(session, { type: 'redone' })).toBe(session);
  const anew = reduce(reduce(session, { type: 'undone' }), { type: 'writing-started', story: texts[0]! });
  expect([anew.past.length, anew.future.length]).toEqual([2, 0]);
});

test('only a text that nobody writes is edited, and looking back leaves the edit', () => {
  const edit = { block: 0, blockSize: 1, first: 0, places: [], anchor: 0, head: 0 };
  expect(after(...writing, { type: 'edited', edit }).edit).toBeNull();
  const stopped = after(...writing, revealed, { type: 'writing-stopped' }, { type: 'edited', edit });
  expect(stopped.edit).toBe(edit);
  expect(reduce(stopped, { type: 'moved', by: -1 }).edit).toBeNull();
  expect(reduce(stopped, { type: 'writing-started', story }).edit).toBeNull();
});
