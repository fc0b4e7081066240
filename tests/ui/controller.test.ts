import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import type { GenerateSettings } from '../../src/library/texts';
import { Controller } from '../../src/ui/session/controller';
import { DEFAULT_SETTINGS } from '../../src/ui/settings/settings';
import { openClient, settle } from '../worker/line';
import { Gate, ScriptedModel } from '../worker/scripted-model';
import { openPage, until } from './open-page';

test('opening loads the model and writes', async () => {
  const { controller } = openPage();
  await controller.open();
  expect(controller.session.model.phase).toBe('ready');
  expect(controller.session.story?.phase).toBe('finished');
});

test('a failed load says why, and opening again works', async () => {
  const { controller, model } = openPage();
  model.loadFailure = new UnmaskError('network', 'Try again.');
  await controller.open();
  expect(controller.session.model).toEqual({ phase: 'failed', problem: { code: 'network', message: 'Try again.' } });
  expect(controller.session.story).toBeNull();
  model.loadFailure = undefined;
  await controller.open();
  expect(controller.session.story?.phase).toBe('finished');
});

test('a cancelled load is shown at once and stays so', async () => {
  const { controller, model } = openPage();
  const gate = new Gate();
  model.loading = gate.opened;
  const opening = controller.open();
  await until(controller, ({ model }) => model.phase === 'loading' && model.totalBytes === 10);
  controller.models.cancelLoad();
  expect(controller.session.model.phase).toBe('cancelled');
  gate.open();
  await opening;
  await settle();
  expect(controller.session.model.phase).toBe('cancelled');
});

test('stop ends the text at once; generate then starts a new one', async () => {
  const { controller, model } = openPage();
  await controller.models.load();
  const gate = new Gate();
  model.pass = gate.opened;
  const writing = controller.write();
  await until(controller, ({ story }) => story?.phase === 'writing');
  controller.stop();
  expect(controller.session.story?.phase).toBe('stopped');
  await writing;
  gate.open();
  await controller.write();
  expect(controller.session.story?.phase).toBe('finished');
  expect(controller.session.problem).toBeNull();
});

test('loading with another backend while writing stops the text and keeps it', async () => {
  const { controller, model } = openPage();
  await controller.models.load();
  const gate = new Gate();
  model.pass = gate.opened;
  const writing = controller.write();
  await until(controller, ({ story }) => story?.phase === 'writing');
  controller.set({ backend: 'wasm' });
  await Promise.all([controller.models.load(), writing]);
  expect(controller.session.model.phase).toBe('ready');
  expect(controller.session.story?.phase).toBe('stopped');
  expect(controller.session.problem).toBeNull();
});

test('an error while writing is shown and the settings stay', async () => {
  const { controller, model } = openPage(new ScriptedModel(), { title: 'Fog' });
  model.failure = new UnmaskError('device-lost', 'Load the model again.');
  await controller.open();
  expect(controller.session.problem).toEqual({ code: 'device-lost', message: 'Load the model again.' });
  expect(controller.session.settings.title).toBe('Fog');
});

test('a kept seed is used as it is, and a new one is drawn and saved for each text', async () => {
  const { controller, model, saved } = openPage(new ScriptedModel(), { seeds: 'keep', seed: 41 });
  await controller.open();
  await controller.write();
  expect(model.log.filter((entry) => entry.startsWith('write'))).toEqual(['write 41', 'write 41']);
  controller.set({ seeds: 'new each time' });
  await controller.write();
  const { seed } = controller.session.settings;
  expect(model.log).toContain(`write ${seed}`);
  expect(seed).not.toBe(41);
  expect(saved.at(-1)?.seed).toBe(seed);
});

test('another is the same with a new seed, also where the seed is kept', async () => {
  const { controller } = openPage(new ScriptedModel(), { seeds: 'keep', seed: 41, title: 'Fog' });
  await controller.open();
  const before = controller.session.story?.settings;
  await controller.writeAnother();
  const after = controller.session.story?.settings;
  expect(after?.seed).not.toBe(41);
  expect({ ...after, seed: 41 }).toEqual(before);
  expect(controller.session.settings.seeds).toBe('keep');
});

test('continue goes on from what is there, with the settings as they are now', async () => {
  const { controller } = openPage(new ScriptedModel(), { maxTokens: 1000 });
  await controller.models.load();
  const writing = controller.write();
  await until(controller, ({ story }) => (story?.steps.length ?? 0) > 1);
  controller.stop();
  await writing;
  const { prompt } = controller.session.story!.settings;
  const first = controller.session.story?.blocks[0]?.tokens[0];
  controller.set({ title: 'Elsewhere', temperature: 0.5, maxTokens: 16 });
  await controller.writeOn();
  const { story } = controller.session;
  expect(story?.settings).toMatchObject({ prompt, after: [first?.id], temperature: 0.5 });
  expect(story?.earlier.map(({ tokens }) => tokens.map(({ id }) => id))).toEqual([[first?.id]]);
  expect(story?.heading?.title).not.toBe('Elsewhere');
  expect(story?.phase).toBe('finished');
});

test('settings that change while a text is written are sent once they rest, and only if they are others', async () => {
  const model = new ScriptedModel();
  const changes: GenerateSettings[] = [];
  const connect = () => {
    const { client } = openClient(model);
    return { ...client, change: (settings: GenerateSettings) => changes.push(settings) };
  };
  const options = { settings: { ...DEFAULT_SETTINGS, maxTokens: 1000 }, embeddedUrl: 'http://x/m/', connect };
  const controller = new Controller({ ...options, saveSettings: () => {} });
  await controller.models.load();
  const gate = new Gate();
  model.pass = gate.opened;
  const writing = controller.write();
  await until(controller, ({ story }) => story?.phase === 'writing');
  const { prompt, seed } = controller.session.story!.settings;
  controller.set({ heat: 'order' });
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(changes).toEqual([]);
  controller.set({ blockSize: 4 });
  controller.set({ temperature: 0.25, title: 'Elsewhere' });
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(changes).toHaveLength(1);
  expect(changes[0]).toMatchObject({ blockSize: 4, temperature: 0.25, prompt, seed });
  controller.stop();
  gate.open();
  await writing;
});

test('alternatives are asked for once, and never while the model is at work', async () => {
  const { controller, model } = openPage(new ScriptedModel(), { maxTokens: 1000 });
  await controller.models.load();
  const first = controller.write();
  await until(controller, ({ story }) => (story?.steps.length ?? 0) > 1);
  controller.stop();
  await first;
  const { signal } = new AbortController();
  expect(controller.knownAlternatives(controller.session.story!, 0, 0)).toBeNull();
  expect(await controller.inspect(controller.session.story!, 0, 0, signal)).toEqual([
    { id: 0, text: '0', probability: 1 },
  ]);
  expect(controller.knownAlternatives(controller.session.story!, 0, 0)).toHaveLength(1);
  const gate = new Gate();
  model.pass = gate.opened;
  const writing = controller.write();
  expect(await controller.inspect(controller.session.story!, 0, 0, signal)).toBeNull();
  expect(controller.session.story?.phase).not.toBe('stopped');
  controller.stop();
  gate.open();
  await writing;
});
