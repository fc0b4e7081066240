import { expect, test } from 'vitest';
import type { ChatTurn } from '../../src/library/texts';
import { ask, turnsOf } from '../../src/ui/chat/conversation';
import { DEFAULT_SETTINGS, type Settings } from '../../src/ui/settings/settings';
import { chatHash, readChatLink, storyOfLink } from '../../src/ui/share/chat-link';
import { originOf, textSettings } from '../../src/ui/share/link';
import { readRunFile, writeRunFile } from '../../src/ui/share/run-file';
import { hasOtherSettings, noticeOf, Sharing, writerElsewhere } from '../../src/ui/share/sharing';
import type { Provenance } from '../../src/ui/story/provenance';
import { newStory, type Story } from '../../src/ui/story/story';
import { INFO, ScriptedModel } from '../worker/scripted-model';
import { openPage } from './open-page';
import { RUN_SETTINGS, scriptedRun, storiesOf } from './run-script';
import { ScriptedAddress } from './scripted-address';

const PROVENANCE: Provenance = {
  first: { ...textSettings(DEFAULT_SETTINGS), temperature: 0.5, seed: 9 },
  model: { name: 'Scripted', ...originOf(INFO) },
  changes: 0,
  source: 'here',
};

const user = (content: string): ChatTurn => ({ role: 'user', content });
const assistant = (content: string): ChatTurn => ({ role: 'assistant', content });

/** An answer of two blocks. */
function answering(messages: readonly ChatTurn[], before: Story | null = null): Story {
  const asked = newStory({ ...RUN_SETTINGS, prompt: '', messages }, null, PROVENANCE);
  return { ...storiesOf(scriptedRun(2), asked).at(-1)!, read: messages, before };
}

const first = answering([{ role: 'system', content: 'Be brief & kind.' }, user('A kite?\n“Yes” – 風?')]);
const second = answering(ask(first, 'And then?', 'Be brief & kind.').messages, first);
const said = turnsOf(second).at(-1)!.content;
const LINK = chatHash(second)!;

/** A page without a page, at an address. */
function openAt(hash: string, change: Partial<Settings> = {}, model = new ScriptedModel()) {
  const page = openPage(model, change);
  const address = new ScriptedAddress(hash);
  const sharing = new Sharing(page.controller, address);
  sharing.begin();
  const refused = () => sharing.store.getState().refused?.why ?? null;
  return { ...page, address, sharing, refused };
}

test('a link has every turn, and how the last answer was written', () => {
  const link = readChatLink(LINK)!;
  expect(link).toMatchObject({ messages: second.settings.messages, said, by: 'Scripted' });
  expect(link).toMatchObject({ digest: INFO.digest, device: 'wasm', settings: { temperature: 0.5, seed: 9 } });
  const story = storyOfLink(link, INFO);
  expect(turnsOf(story)).toEqual(turnsOf(second));
  expect(chatHash(story)).toBe(LINK);
});

test.each([
  ['no turns', '#chat?seed=1', null],
  ['another view', '#write?seed=1&q=a', null],
  ['none at all', '#chat', null],
])('an address of %s names no conversation', (_, hash, expected) => {
  expect(readChatLink(hash)).toBe(expected);
});

test.each([
  ['an answer first', '#chat?a=b'],
  ['two questions in a row', '#chat?q=a&q=b'],
  ['two answers in a row', '#chat?q=a&a=b&a=c'],
  ['two system turns', '#chat?system=a&system=b&q=c'],
  ['a system turn within', '#chat?q=a&system=b'],
  ['a text without end', `#chat?q=${'a'.repeat(64_000)}`],
])('an address with %s is refused, and the page stays as it is', (_, hash) => {
  expect(() => readChatLink(hash)).toThrow('cannot be read');
  const { controller, refused } = openAt(hash);
  expect(refused()).toContain('cannot be read');
  expect(controller.session.story).toBeNull();
});

test.each(['seed=x', 'seed=-1', 't=99', 'policy=toString', 'model=<b>', 'on=%00', 'p=&length=NaN'])(
  'settings that are none are the defaults: %s',
  (part) => {
    const { settings, digest, device } = readChatLink(`#chat?q=a&${part}`)!;
    expect({ settings, digest, device }).toEqual({
      settings: textSettings(DEFAULT_SETTINGS),
      digest: null,
      device: null,
    });
  },
);

test('a link shows the conversation without a model, and computes nothing', async () => {
  const { controller, model, address, sharing } = openAt(LINK);
  expect(controller.session.desk).toBe('chat');
  expect(turnsOf(controller.session.story)).toEqual(turnsOf(second));
  await controller.models.load();
  expect(model.log).toEqual(['open']);
  expect(sharing.hash).toBe(LINK);
  expect(address.hash).toBe(LINK);
  const { story, settings } = controller.session;
  expect(noticeOf(story, controller.session.model)).toContain('as plain text');
  expect(writerElsewhere(story, controller.session.model)).toBeNull();
  // What a conversation does not have makes no difference.
  expect(hasOtherSettings(story, { ...settings, title: 'Fog', maxTokens: 240, temperature: 0.5, seed: 9 })).toBe(false);
  expect(hasOtherSettings(story, settings)).toBe(true);
});

test('the answer of a link can be written again, with its settings and not with the page’s', async () => {
  const { controller, model } = openAt(LINK, { temperature: 1 });
  await controller.models.load();
  await controller.answerAgain();
  expect(model.log).toContain('write 9');
  expect(controller.session.story).toMatchObject({ said: null, settings: { temperature: 0.5, seed: 9 } });
  expect(controller.session.settings.temperature).toBe(1);
  controller.adoptSettings();
  expect(controller.session.settings).toMatchObject({ temperature: 0.5, seed: 9, title: DEFAULT_SETTINGS.title });
});

test('a conversation goes on from a link', async () => {
  const { controller } = openAt(LINK, { system: 'Mine.' });
  await controller.models.load();
  const { story, inForce } = controller.session;
  // With its own system turn, which is not the page's from then on.
  await controller.converse(ask(story, 'Why?', inForce.system));
  expect(controller.session.story!.settings.messages).toEqual([...turnsOf(second), user('Why?')]);
  expect(controller.session.inForce.system).toBe('Be brief & kind.');
  controller.clear();
  expect(controller.session.inForce.system).toBe('Mine.');
});

test('the address follows the conversation, without entries of its own, and a new one leaves it bare', async () => {
  const { controller, address } = openAt('#chat');
  await controller.models.load();
  await controller.converse(ask(null, 'Hello?', ''));
  expect(address.hash).toMatch(/^#chat\?q=Hello%3F&.*seed=\d+&model=0123456789ab&on=wasm&by=Scripted$/);
  await controller.converse(ask(controller.session.story, 'And?', ''));
  expect(address.hash).toMatch(/^#chat\?q=Hello%3F&a=&q=And%3F&/);
  expect(address.entries).toHaveLength(1);
  controller.clear();
  expect(address.hash).toBe('#chat');
});

test('a conversation that is too long for an address is said to be lost after a reload', async () => {
  const { controller, address, sharing } = openAt('#chat');
  await controller.models.load();
  await controller.converse(ask(null, '風'.repeat(4000), ''));
  expect(sharing.hash).toBeNull();
  expect(address.hash).toBe('#chat?lost=2');
  const reloaded = openAt(address.hash);
  expect(reloaded.refused()).toContain('too long for an address');
  expect(reloaded.controller.session.story).toBeNull();
});

test('Back to an address that the conversation has gone on from changes nothing; to another one it brings that', () => {
  const { controller, address, sharing } = openAt(LINK);
  const { story } = controller.session;
  address.push(chatHash(first)!);
  sharing.arrive();
  expect(controller.session.story).toBe(story);
  expect(address.hash).toBe(LINK);
  const other = chatHash(answering([user('Rain?')]))!;
  address.push(other);
  sharing.arrive();
  expect(turnsOf(controller.session.story)[0]).toEqual(user('Rain?'));
  address.move(-1);
  sharing.arrive();
  expect(controller.session.story).toBe(story);
});

const opened = (story: Story): Story => ({
  ...story,
  provenance: { ...PROVENANCE, source: 'file' },
  before: story.before && opened(story.before),
});

test('a saved conversation comes back with the tokens of every answer', async () => {
  const file = writeRunFile(second, PROVENANCE);
  expect(readRunFile(file)).toEqual(opened(second));
  const { controller, sharing } = openAt('#write');
  await sharing.openFile(new Blob([file]));
  expect(controller.session).toMatchObject({ desk: 'chat', story: opened(second) });
  // One that came by a link, too.
  const linked = storyOfLink(readChatLink(LINK)!, INFO);
  expect(readRunFile(writeRunFile(linked, linked.provenance!))).toMatchObject({ said, before: null });
});

test('of a conversation that is too long for a file the last answers keep their tokens', () => {
  let story = first;
  for (let turn = 0; turn < 6; turn++) {
    story = { ...answering(ask(story, 'And?', '').messages, story), said: 'x'.repeat(500_000) };
  }
  const read = readRunFile(writeRunFile(story, PROVENANCE));
  expect(turnsOf(read)).toEqual(turnsOf(story));
  let kept = 0;
  for (let each = read.before; each; each = each.before) kept++;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(6);
});

interface File {
  readonly turns: unknown[];
  readonly answers: { chat: object; said: unknown }[];
  readonly chat: object;
}

test.each<[string, (file: File) => void]>([
  ['an answer with other words', ({ answers }) => Object.assign(answers[0]!, { said: 'Fog.' })],
  ['an answer to a later question', ({ answers }) => Object.assign(answers[0]!.chat, { turns: 3 })],
  ['an answer to an answer', ({ answers }) => Object.assign(answers[0]!.chat, { turns: 2 })],
  ['an answer that is no part of a conversation', ({ answers }) => Object.assign(answers[0]!, { chat: null })],
  ['answers that are none', (file) => Object.assign(file, { answers: 7 })],
  ['an answer first', ({ turns }) => turns.splice(0, 1, assistant('a'))],
  ['an unknown role', ({ turns }) => turns.splice(0, 1, { role: 'tool', content: 'a' })],
  ['no content', ({ turns }) => turns.splice(0, 1, { role: 'user', content: null })],
  ['no turns', ({ turns }) => turns.splice(0)],
])('a file with %s is refused', (_, damage) => {
  const file: File = JSON.parse(writeRunFile(second, PROVENANCE));
  damage(file);
  expect(() => readRunFile(JSON.stringify(file))).toThrow(/damaged|not a run/);
});
