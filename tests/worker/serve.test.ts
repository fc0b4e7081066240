import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { type PageMessage, PROTOCOL_VERSION } from '../../src/worker/protocol';
import { openLine, settle } from './line';
import { Gate, ScriptedModel, SETTINGS } from './scripted-model';

const version = PROTOCOL_VERSION;
const load = (runId: number): PageMessage => ({
  type: 'load',
  version,
  runId,
  place: { type: 'embedded', url: 'http://x/m/' },
  backend: 'auto',
  context: undefined,
  firstText: undefined,
});
const generate = (runId: number, seed = 7): PageMessage => ({
  type: 'generate',
  version,
  runId,
  settings: { ...SETTINGS, seed },
  report: 'reveals',
});
const cancel = (runId: number): PageMessage => ({ type: 'cancel', version, runId });

async function loaded(model = new ScriptedModel()) {
  const line = openLine(model);
  line.say(load(1));
  await line.hears('loaded', 1);
  return { model, ...line };
}

test('a load reports bytes and pipelines, then the model', async () => {
  const { heard } = await loaded();
  expect(heard).toMatchObject([
    { type: 'progress', runId: 1, loadedBytes: 5, totalBytes: 10 },
    { type: 'compiled', runId: 1, done: 1, total: 3 },
    { type: 'loaded', runId: 1, model: { name: 'Scripted' } },
  ]);
});

test('a generation is sent in order under its run id', async () => {
  const { say, hears, heard } = await loaded();
  say(generate(2));
  await hears('done', 2);
  const run = heard.filter(({ runId }) => runId === 2);
  expect(run.map(({ type }) => type)).toEqual(['started', 'step', 'step', 'step', 'step', 'done']);
});

test('another version is told to reload, and nothing runs', async () => {
  const { page, hears, model } = await loaded();
  page.postMessage({ ...generate(2), version: version + 1 });
  expect(await hears('error', 2)).toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('Reload the page'),
  });
  expect(model.log).toEqual(['open']);
});

test.each([
  ['no object', 'generate'],
  ['an unknown type', { type: 'dance', version, runId: 0 }],
  ['a prompt that is no text', { ...generate(0), settings: { ...SETTINGS, prompt: 5 } }],
  ['a number that is none', { ...generate(0), settings: { ...SETTINGS, topP: Number.NaN } }],
  ['an entropy bound that is missing', { ...generate(0), settings: { ...SETTINGS, entropyBound: undefined } }],
  ['an unknown policy', { ...generate(0), settings: { ...SETTINGS, policy: 'guess' } }],
  ['ids that are no list', { ...generate(0), settings: { ...SETTINGS, after: 'ab' } }],
  ['an id that is none', { ...generate(0), settings: { ...SETTINGS, after: ['a'] } }],
  ['a conversation that is no list', { ...generate(0), settings: { ...SETTINGS, messages: 'Hello' } }],
  ['a turn of nobody', { ...generate(0), settings: { ...SETTINGS, messages: [{ role: 'cat', content: 'Meow' }] } }],
  ['a turn without words', { ...generate(0), settings: { ...SETTINGS, messages: [{ role: 'user' }] } }],
  ['a race without settings', { type: 'race', version, runId: 0 }],
  [
    'a place with a gap before its block',
    { type: 'inspect', version, runId: 0, place: { prompt: '', after: [null], draft: [null], offset: 0 } },
  ],
  ['an unknown backend', { ...load(0), backend: 'cuda' }],
  ['no context', { ...load(0), context: { share: 0 } }],
  ['more context than there is', { ...load(0), context: { share: 1.5 } }],
  ['a place of an unknown kind', { ...load(0), place: { type: 'moon', url: 'x' } }],
  ['a place without its id', { ...load(0), place: { type: 'kept' } }],
  ['a folder whose files are none', { ...load(0), place: { type: 'folder', name: 'a', files: ['b'] } }],
  ['a fetch of what is kept', { type: 'fetch-model', version, runId: 0, place: { type: 'kept', id: 'a' } }],
  ['a list without an address', { type: 'list-models', version, runId: 0 }],
  ['a removal of nothing', { type: 'remove-model', version, runId: 0, id: 7 }],
])('%s is answered with bad-input', async (_name, message) => {
  const { page, hears } = await loaded();
  page.postMessage(message);
  expect(await hears('error', 0)).toMatchObject({ code: 'bad-input' });
});

test('generate without a model says so', async () => {
  const { say, hears } = openLine(new ScriptedModel());
  say(generate(1));
  expect(await hears('error', 1)).toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('Load the model'),
  });
});

test('cancel is answered before the pass in flight is over, and nothing of the run follows', async () => {
  const { model, say, hears, heard } = await loaded();
  const gate = new Gate();
  model.pass = gate.opened;
  say(generate(2));
  await hears('started', 2);
  say(cancel(2));
  await hears('cancelled', 2);
  expect(model.log).not.toContain('pass');
  gate.open();
  await settle();
  expect(model.log).toContain('pass');
  expect(heard.at(-1)).toEqual({ type: 'cancelled', runId: 2 });
});

test('a cancel is heard between passes that never leave the microtask queue', async () => {
  const { model, say, hears } = await loaded();
  say({ ...generate(2), settings: { ...SETTINGS, maxTokens: 100_000 } } as PageMessage);
  await hears('step', 2);
  say(cancel(2));
  await hears('cancelled', 2);
  await settle();
  expect(model.log.filter((entry) => entry === 'pass').length).toBeLessThan(100_000);
});

test('a second generate cancels the first and waits for its pass', async () => {
  const { model, say, hears, heard } = await loaded();
  const gate = new Gate();
  model.pass = gate.opened;
  say(generate(2, 2));
  await hears('started', 2);
  say(generate(3, 3));
  await hears('cancelled', 2);
  expect(model.log).toEqual(['open', 'write 2']);
  gate.open();
  await hears('done', 3);
  expect(model.log.indexOf('write 3')).toBeGreaterThan(model.log.indexOf('pass'));
  expect(heard.filter(({ runId }) => runId === 2).map(({ type }) => type)).toEqual(['started', 'cancelled']);
});

test('a cancel for a run that is over or unknown changes nothing', async () => {
  const { say, hears, heard } = await loaded();
  say(generate(2));
  await hears('started', 2);
  say(cancel(1));
  say(cancel(99));
  await hears('done', 2);
  expect(heard.some(({ type }) => type === 'cancelled')).toBe(false);
});

test('a cancelled load frees what still came of it', async () => {
  const model = new ScriptedModel();
  const gate = new Gate();
  model.loading = gate.opened;
  const { say, hears, heard } = openLine(model);
  say(load(1));
  await hears('progress', 1);
  say(cancel(1));
  await hears('cancelled', 1);
  gate.open();
  await settle();
  expect(model.log).toEqual(['open', 'dispose']);
  expect(heard.at(-1)).toEqual({ type: 'cancelled', runId: 1 });
});

test('a load frees the model before it', async () => {
  const { model, say, hears } = await loaded();
  say(load(2));
  await hears('loaded', 2);
  expect(model.log).toEqual(['open', 'dispose', 'open']);
});

test('an error crosses as its code and message, and the next generation works', async () => {
  const { model, say, hears, heard } = await loaded();
  model.failure = new UnmaskError('device-lost', 'The GPU went away. Load the model again.');
  say(generate(2));
  expect(await hears('error', 2)).toEqual({
    type: 'error',
    runId: 2,
    code: 'device-lost',
    message: 'The GPU went away. Load the model again.',
  });
  model.failure = undefined;
  say(generate(3));
  await hears('done', 3);
  expect(heard.filter(({ runId }) => runId === 2).at(-1)?.type).toBe('error');
});
