import { expect, test } from 'vitest';
import type { ChatTurn } from '../../src/library/texts';
import {
  ask,
  askInstead,
  asMarkdown,
  shownTurns,
  systemOf,
  turnsOf,
  unreadTurns,
  withoutThought,
} from '../../src/ui/chat/conversation';
import { settledPart } from '../../src/ui/chat/settled';
import { beginEdit, mask } from '../../src/ui/editing/editing';
import { reduce } from '../../src/ui/session/reduce';
import { canContinue, newSession } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS, FIRST_VISIT, type Settings } from '../../src/ui/settings/settings';
import { type Block, continueStory, newStory, type Story, type Token } from '../../src/ui/story/story';
import { Gate, ScriptedModel } from '../worker/scripted-model';
import { openPage, until } from './open-page';
import { RUN_SETTINGS, scriptedRun, scriptedStory, storiesOf } from './run-script';

const user = (content: string): ChatTurn => ({ role: 'user', content });
const assistant = (content: string): ChatTurn => ({ role: 'assistant', content });
const system = (content: string): ChatTurn => ({ role: 'system', content });
const contents = (turns: readonly ChatTurn[]) => turns.map(({ content }) => content);

const saying = (messages: readonly ChatTurn[], said: string): Story => ({
  ...newStory({ ...RUN_SETTINGS, prompt: '', messages }, null),
  phase: 'finished',
  said,
});
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
  const turns = ask(null, ' Who are you? ', '');
  expect(turns).toEqual({ messages: [user('Who are you?')], before: null });
  const story = saying(turns.messages, 'A kite.');
  const next = ask(story, 'And?', ' Be brief. ');
  expect(next.messages).toEqual([system('Be brief.'), user('Who are you?'), assistant('A kite.'), user('And?')]);
  expect(next.before).toBe(story);
  expect(ask(saying(next.messages, ''), 'Again?', '').messages[0]).toEqual(user('Who are you?'));
});

test('what a conversation began with is known', () => {
  expect(systemOf(null)).toBe('');
  expect(systemOf(asking(user('a')))).toBe('');
  expect(systemOf(asking(system('s'), user('a')))).toBe('s');
});

test('another question in the place of a turn ends what came after it', () => {
  const first = saying([system('s'), user('a')], 'b');
  const story = { ...saying([system('s'), user('a'), assistant('b'), user('c')], 'd'), before: first };
  expect(contents(askInstead(story, 2, 'e', 's').messages)).toEqual(['s', 'a', 'b', 'e']);
  expect(askInstead(story, 2, 'e', 's').before).toBe(first);
  expect(askInstead(story, 0, 'e', '')).toEqual({ messages: [user('e')], before: null });
});

test('each answer has its story, also once the system turn is gone, and where one is known by its text alone', () => {
  const first = saying([system('s'), user('a')], 'b');
  const third = { ...saying([user('a'), assistant('b'), user('c'), assistant('d'), user('e')], 'f'), before: first };
  const stories = shownTurns(third).map(({ content, answer }) => [content, answer]);
  expect(stories).toEqual([
    ['a', null],
    ['b', first],
    ['c', null],
    ['d', null],
    ['e', null],
    ['f', third],
  ]);
});

test('a conversation is copied as Markdown, the last answer with it', () => {
  const story = saying([system('Be brief.'), user('Who?')], ' A kite. ');
  expect(asMarkdown(story)).toBe('**System:**\n\nBe brief.\n\n**You:**\n\nWho?\n\n**The model:**\n\nA kite.\n');
});

test('turns that had no room are known once the answer has begun', () => {
  const story = asking(system('s'), user('a'), assistant('b'), user('c'));
  expect(unreadTurns(story)).toBe(0);
  const read = [system('s'), user('c')];
  const begun = continueStory(story, { type: 'started', promptTokens: 3, pinned: [], messages: read });
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

test('each view has its own work', async () => {
  const { controller } = openPage(new ScriptedModel());
  await controller.open();
  const story = controller.session.story!;
  await controller.converse(ask(null, 'Hello?', ''));
  expect(controller.session).toMatchObject({ desk: 'chat', past: [], aside: { story } });
  expect(controller.session.story?.settings).toMatchObject({ prompt: '', messages: [user('Hello?')] });
  await controller.writeAnother();
  expect(controller.session.past).toHaveLength(1);
  expect(controller.session.story?.settings.messages).toEqual([user('Hello?')]);
  controller.turnTo('write');
  expect(controller.session.story).toBe(story);
});

/** A page on which an answer is under way, and the gate that lets it go on. */
async function answering() {
  const { controller, model } = openPage(new ScriptedModel());
  await controller.models.load();
  const gate = new Gate();
  model.pass = gate.opened;
  const answered = controller.converse(ask(null, 'Hello?', ''));
  await until(controller, ({ story }) => story?.phase === 'writing');
  return { controller, model, gate, answered };
}

test('what is written goes on while another view is shown, and its end is told', async () => {
  const { controller, gate, answered } = await answering();
  controller.turnTo('write');
  expect(controller.session).toMatchObject({ desk: 'write', story: null, aside: { story: { phase: 'writing' } } });
  controller.stop();
  gate.open();
  await answered;
  expect(controller.session.story).toBeNull();
  expect(controller.session.aside.story?.phase).toBe('finished');
  expect(controller.session.announced).toMatch(/^In Chat: Finished: /);
  controller.turnTo('chat');
  expect(controller.session.story?.phase).toBe('finished');
});

test('a text that is begun in one view ends that of the other, which can also be ended on its own', async () => {
  const { controller, model, gate } = await answering();
  controller.turnTo('write');
  model.pass = Promise.resolve();
  const written = controller.write();
  expect(controller.session.aside.story?.phase).toBe('stopped');
  gate.open();
  await written;
  expect(controller.session.story?.phase).toBe('finished');

  const other = await answering();
  other.controller.turnTo('write');
  other.controller.stopElsewhere();
  expect(other.controller.session.aside.story?.phase).toBe('stopped');
  other.gate.open();
});

test('while an answer is written in the other view, no model is asked for alternatives: that would end it', async () => {
  const { controller, gate, answered } = await answering();
  controller.turnTo('write');
  const { signal } = new AbortController();
  expect(await controller.inspect(scriptedStory(1), 0, 1, signal)).toBeNull();
  gate.open();
  await answered;
});

test('an earlier answer can be replayed and edited: the conversation goes on from there, and Undo brings it back', async () => {
  const { controller } = openPage(new ScriptedModel());
  await controller.models.load();
  const first = storiesOf(scriptedRun(2), asking(user('One?'))).at(-1)!;
  const { messages, before } = ask(first, 'Two?', '');
  const second = { ...storiesOf(scriptedRun(1), asking(...messages)).at(-1)!, before };
  expect(before).toBe(first);
  controller.show(second);
  expect(controller.session.desk).toBe('chat');

  controller.playback.replay(first);
  expect(controller.session).toMatchObject({ story: second, looked: first, playhead: { position: 0, playing: true } });
  controller.playback.goLive();
  expect(controller.session).toMatchObject({ looked: null, playhead: null });

  const edit = beginEdit(first, 1, 0)!;
  controller.editor.begin(first, edit);
  expect(controller.session).toMatchObject({ looked: first, edit });
  controller.editor.change(mask(edit));
  await controller.editor.write();
  expect(controller.session.story).toMatchObject({ settings: { messages: [user('One?')] }, phase: 'finished' });
  expect(controller.session.looked).toBeNull();
  controller.undo();
  expect(controller.session.story).toBe(second);
  // A text that is not of this conversation is none of its answers.
  controller.playback.replay(scriptedStory(2));
  expect(controller.session.looked).toBeNull();
});

test('a model answers as its authors decode, on a first visit too, and as a person chose where they did', async () => {
  const decoding = { policy: 'threshold', threshold: 0.85 } as const;
  const answerOf = async (change: Partial<Settings>) => {
    const model = new ScriptedModel();
    model.other = { decoding, blockSizes: [4, 16], defaultBlockSize: 4 };
    const { controller } = openPage(model, { ...FIRST_VISIT, maxTokens: 4, ...change });
    await controller.models.open({ type: 'url', url: 'http://y/1/' });
    await controller.converse(ask(null, 'Hello?', ''));
    return controller.session.story!.settings;
  };
  expect(await answerOf({})).toMatchObject({ policy: 'threshold', threshold: 0.85, blockSize: 4 });
  expect(await answerOf({ policy: 'confidence', blockSize: 16, steps: 4 })).toMatchObject({
    policy: 'confidence',
    blockSize: 16,
    steps: 4,
  });
  expect(await answerOf({ threshold: 0.5 })).toMatchObject({ policy: 'threshold', threshold: 0.5 });
});

test('a model that cannot answer is not asked to', async () => {
  const model = new ScriptedModel();
  const { controller } = openPage(model);
  await controller.models.load();
  await controller.converse(ask(null, 'Hello?', ''));
  const { story } = controller.session;
  model.other = { chat: false };
  await controller.models.open({ type: 'url', url: 'http://y/1/' });
  expect(controller.session.model).toMatchObject({ phase: 'ready', info: { chat: false } });
  expect(canContinue(controller.session)).toBe(false);
  await controller.writeAnother();
  expect(controller.session).toMatchObject({ story, problem: null });
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
