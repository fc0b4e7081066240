import { expect, test } from 'vitest';
import { ask, askInstead, systemOf, turnsOf, unreadTurns, withoutThought } from '../../src/ui/chat/conversation';
import { settledPart } from '../../src/ui/chat/settled';
import { newSession, reduce } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS } from '../../src/ui/settings/settings';
import { type Block, continueStory, newStory, type Story, type Token } from '../../src/ui/story/story';
import type { ChatTurn } from '../../src/worker/protocol';
import { ScriptedModel } from '../worker/scripted-model';
import { openPage } from './open-page';
import { RUN_SETTINGS, scriptedRun, scriptedStory, storiesOf } from './run-script';

const user = (content: string): ChatTurn => ({ role: 'user', content });
const assistant = (content: string): ChatTurn => ({ role: 'assistant', content });
const system = (content: string): ChatTurn => ({ role: 'system', content });
const contents = (turns: readonly ChatTurn[]) => turns.map(({ content }) => content);

const asking = (...messages: ChatTurn[]) => newStory({ ...RUN_SETTINGS, prompt: '', messages }, null);

test('a conversation has the answer on screen last, as far as it is written', () => {
  expect(turnsOf(null)).toEqual([]);
  expect(turnsOf(scriptedStory(1))).toEqual([]);
  const story = asking(user('And?'));
  expect(turnsOf(story)).toEqual([user('And?'), assistant('')]);
  const written = storiesOf(scriptedRun(1), story).at(-1)!;
  expect(turnsOf(written)).toEqual([user('And?'), assistant(' w1 w2 w3')]);
});

test('a question comes after all turns, and the system turn is the one that is set now', () => {
  const turns = ask([], ' Who are you? ', '');
  expect(turns).toEqual([user('Who are you?')]);
  const next = ask([...turns, assistant('A kite.')], 'And?', ' Be brief. ');
  expect(next).toEqual([system('Be brief.'), user('Who are you?'), assistant('A kite.'), user('And?')]);
  expect(ask([...next, assistant('')], 'Again?', '')[0]).toEqual(user('Who are you?'));
});

test('what a conversation began with is known', () => {
  expect(systemOf(null)).toBe('');
  expect(systemOf(asking(user('a')))).toBe('');
  expect(systemOf(asking(system('s'), user('a')))).toBe('s');
});

test('another question in the place of a turn ends what came after it', () => {
  const turns = [system('s'), user('a'), assistant('b'), user('c'), assistant('d')];
  expect(contents(askInstead(turns, 3, 'e', 's'))).toEqual(['s', 'a', 'b', 'e']);
  expect(contents(askInstead(turns, 1, 'e', ''))).toEqual(['e']);
});

test('turns that had no room are known once the answer has begun', () => {
  const story = asking(system('s'), user('a'), assistant('b'), user('c'));
  expect(unreadTurns(story)).toBe(0);
  const read = [system('s'), user('c')];
  const begun = continueStory(story, { type: 'started', runId: 1, promptTokens: 3, pinned: [], messages: read });
  expect(unreadTurns(begun)).toBe(2);
  expect(begun.read).toEqual(read);
});

test.each([
  ['plain', null, 'plain'],
  ['<think>\nso\n</think>\n\nyes', 'so', 'yes'],
  ['\n<think></think> yes', null, 'yes'],
  // The template may have opened the thought itself.
  ['so\n</think>yes', 'so', 'yes'],
  ['<think>still at it', 'still at it', ''],
  ['a <think> within', null, 'a <think> within'],
])('%j is the thought %j and the answer %j', (text, thought, answer) => {
  expect(withoutThought(text)).toEqual({ thought, answer });
});

/** A story of blocks of two tokens; `open` blocks are not finished. */
function blocksOf(texts: readonly string[], open = 0): Story {
  const tokens = texts.map((text, id): Token => ({ id, text, state: 'committed', probability: 1, step: 0 }));
  const blocks = Array.from({ length: tokens.length / 2 }, (_, index): Block => {
    const own = tokens.slice(index * 2, index * 2 + 2);
    const committed = index < tokens.length / 2 - open;
    return { tokens: own, start: own, pinned: 0, beyond: [], steps: 1, committed };
  });
  return { ...asking(user('?')), blocks };
}

test.each([
  ['nothing yet', ['a', 'b'], 0, null],
  ['a paragraph that ends within a block', ['a', 'b', '.\n\n', 'c'], 0, ['ab.\n\n', 1, 1]],
  ['the last of two', ['a\n\n', 'b', '\n\n', 'c'], 0, ['a\n\nb\n\n', 1, 1]],
  ['one whose block is at work', ['a', '\n\n', 'b', '\n\n'], 1, ['a\n\n', 0, 2]],
  ['code that is open', ['```\n', 'a\n\n', 'b', 'c'], 0, null],
  ['code that is closed', ['```\n', 'a\n\n', '```', '\n\n'], 0, ['```\na\n\n```\n\n', 1, 2]],
  ['a thought that is open', ['<think>', 'a\n\n', 'b', 'c'], 0, null],
  ['blank lines alone', ['\n\n', '\n\n'], 0, null],
] as const)('what is settled: %s', (_, texts, open, expected) => {
  const settled = settledPart(blocksOf(texts, open));
  expect(settled && [settled.text, settled.upTo.block, settled.upTo.token]).toEqual(expected);
});

test('each view has its own work, and turning to the other ends what is written', async () => {
  const { controller } = openPage(new ScriptedModel());
  await controller.open();
  const story = controller.session.story!;
  await controller.converse(ask([], 'Hello?', ''));
  expect(controller.session).toMatchObject({ desk: 'chat', past: [], aside: { story } });
  expect(controller.session.story?.settings).toMatchObject({ prompt: '', messages: [user('Hello?')] });
  await controller.writeAnother();
  expect(controller.session.past).toHaveLength(1);
  expect(controller.session.story?.settings.messages).toEqual([user('Hello?')]);
  controller.turnTo('write');
  expect(controller.session.story).toBe(story);
  void controller.write();
  controller.turnTo('chat');
  expect(controller.session.aside.story?.phase).toBe('stopped');
});

test('turning to a view says nothing', () => {
  const session = {
    ...newSession(DEFAULT_SETTINGS),
    aside: { ...newSession(DEFAULT_SETTINGS), story: scriptedStory(1) },
  };
  const turned = reduce(session, { type: 'desk-turned', desk: 'chat' });
  expect(turned.announced).toBe('');
  expect(reduce(turned, { type: 'desk-turned', desk: 'chat' })).toBe(turned);
});
