import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { settle } from '../worker/line';
import { Gate, INFO, keptModel, ScriptedModel } from '../worker/scripted-model';
import { openPage, until } from './open-page';

const URL_PLACE = { type: 'url', url: 'http://y/1/' } as const;
const KEPT = keptModel(1);

/** A page that is writing a text which does not end before `gate` is opened. */
async function writing(model = new ScriptedModel()) {
  const page = openPage(model, { maxTokens: 1000 });
  await page.controller.models.load();
  const gate = new Gate();
  model.pass = gate.opened;
  void page.controller.write();
  await until(page.controller, ({ story }) => story?.phase === 'writing');
  return { ...page, gate };
}

test('a model is fetched while the one before writes on, then takes its place and is remembered', async () => {
  const { controller, model, gate, saved, clients } = await writing();
  const fetching = new Gate();
  model.fetching = fetching.opened;
  const opening = controller.models.open(URL_PLACE);
  await until(controller, ({ fetch }) => fetch?.phase === 'fetching' && fetch.totalBytes === 10);
  expect(controller.session.fetch).toMatchObject({ name: 'y/1', loadedBytes: 1 });
  expect(controller.session.story?.phase).toBe('writing');
  expect(clients[0]!.ended()).toBe(0);
  fetching.open();
  await opening;
  expect(controller.session).toMatchObject({
    fetch: null,
    earlierModel: null,
    story: { phase: 'stopped' },
    model: { phase: 'ready', info: { name: 'Kept 1', keptId: KEPT.id } },
  });
  expect(clients[0]!.ended()).toBe(1);
  expect(saved.at(-1)?.model).toBe(KEPT.id);
  gate.open();
});

test('a fetch that fails leaves the model at work, and can be tried again', async () => {
  const { controller, model, gate, clients } = await writing();
  model.fetchFailure = new UnmaskError('network', 'Check the address.');
  await controller.models.open(URL_PLACE);
  expect(controller.session).toMatchObject({
    fetch: { phase: 'failed', name: 'y/1', problem: { code: 'network', message: 'Check the address.' } },
    story: { phase: 'writing' },
    model: { phase: 'ready', info: INFO },
  });
  expect(clients[0]!.ended()).toBe(0);
  model.fetchFailure = undefined;
  await controller.models.fetchAgain();
  expect(controller.session.model).toMatchObject({ phase: 'ready', info: { name: 'Kept 1' } });
  expect(controller.session.fetch).toBeNull();
  gate.open();
});

test('a fetch that is called off leaves the model at work, also when it succeeds too late', async () => {
  const { controller, model, gate } = await writing();
  const fetching = new Gate();
  model.fetching = fetching.opened;
  const opening = controller.models.open(URL_PLACE);
  await until(controller, ({ fetch }) => fetch?.phase === 'fetching' && fetch.totalBytes === 10);
  controller.models.librarian.cancel();
  expect(controller.session.fetch).toBeNull();
  fetching.open();
  await opening;
  await settle();
  expect(controller.session).toMatchObject({ story: { phase: 'writing' }, model: { info: INFO } });
  expect(model.log).not.toContain('open kept');
  gate.open();
});

test('a second fetch takes the place of the first', async () => {
  const { controller, model, gate } = await writing();
  const fetching = new Gate();
  model.fetching = fetching.opened;
  const first = controller.models.open(URL_PLACE);
  await settle();
  const second = controller.models.open({ type: 'url', url: 'http://z/2/' });
  await settle();
  expect(controller.session.fetch).toMatchObject({ phase: 'fetching', name: 'z/2' });
  fetching.open();
  await Promise.all([first, second]);
  expect(model.log.filter((entry) => entry.startsWith('open'))).toEqual(['open', 'open kept']);
  expect(controller.session.model).toMatchObject({ info: { origin: { url: 'http://z/2/' } } });
  gate.open();
});

test('a model that cannot be opened offers the one before, and going back loads it', async () => {
  const { controller, model } = openPage();
  await controller.open();
  const { story, settings } = controller.session;
  model.kept.push(KEPT);
  model.loadFailure = new UnmaskError('out-of-memory', 'Choose a smaller model.');
  await controller.models.open({ type: 'kept', id: KEPT.id });
  expect(controller.session).toMatchObject({
    model: { phase: 'failed', problem: { code: 'out-of-memory' } },
    earlierModel: 'Scripted',
  });
  expect(controller.session.story).toBe(story);
  model.loadFailure = undefined;
  await controller.models.goBack();
  expect(controller.session).toMatchObject({ model: { phase: 'ready', info: INFO }, earlierModel: null });
  expect(controller.session.settings).toEqual(settings);
});

test('a load that was called off offers the one before too', async () => {
  const { controller, model } = openPage();
  await controller.open();
  model.kept.push(KEPT);
  const gate = new Gate();
  model.loading = gate.opened;
  const opening = controller.models.open({ type: 'kept', id: KEPT.id });
  await until(controller, ({ model }) => model.phase === 'loading' && model.totalBytes === 10);
  controller.models.cancelLoad();
  expect(controller.session).toMatchObject({ model: { phase: 'cancelled' }, earlierModel: 'Scripted' });
  gate.open();
  await opening;
  await controller.models.goBack();
  expect(controller.session.model).toMatchObject({ phase: 'ready', info: INFO });
});

test('the model that was used last is loaded at the next visit, and the page’s own where that is gone', async () => {
  const model = new ScriptedModel();
  model.kept.push(KEPT);
  const there = openPage(model, { model: KEPT.id });
  await there.controller.open();
  expect(there.controller.session.model).toMatchObject({ info: { keptId: KEPT.id } });
  expect(there.controller.session.notices).toEqual([]);
  const gone = openPage(new ScriptedModel(), { model: KEPT.id });
  await gone.controller.open();
  expect(gone.controller.session).toMatchObject({ model: { info: INFO }, story: { phase: 'finished' } });
  expect(gone.controller.session.notices).toEqual([expect.stringContaining('no longer saved here')]);
  expect(gone.saved.at(-1)?.model).toBeNull();
  gone.controller.readNotices();
  expect(gone.controller.session.notices).toEqual([]);
});

test('a kept model that is there but cannot be opened is a failure, and stays remembered', async () => {
  const model = new ScriptedModel();
  model.kept.push(KEPT);
  model.loadFailure = new UnmaskError('bad-model', 'Damaged.');
  const { controller } = openPage(model, { model: KEPT.id });
  await controller.open();
  expect(controller.session.model).toMatchObject({ phase: 'failed', problem: { message: 'Damaged.' } });
  expect(controller.session.settings.model).toBe(KEPT.id);
});

test('a model that runs on ids alone is refused: the page could not show its text', async () => {
  const { controller, model } = openPage();
  await controller.open();
  model.kept.push(KEPT);
  model.other = { hasTokenizer: false };
  await controller.models.open({ type: 'kept', id: KEPT.id });
  expect(controller.session.model).toMatchObject({
    phase: 'failed',
    problem: { code: 'bad-model', message: expect.stringContaining('no tokenizer') },
  });
  await controller.models.goBack();
  expect(controller.session.model).toMatchObject({ phase: 'ready', info: INFO });
});

test('a block size that the new model was not trained on moves to the nearest, and that is said', async () => {
  const { controller, model } = openPage(new ScriptedModel(), { blockSize: 4 });
  await controller.open();
  model.kept.push(KEPT);
  model.other = { blockSizes: [8, 32], defaultBlockSize: 32 };
  await controller.models.open({ type: 'kept', id: KEPT.id });
  expect(controller.session.settings.blockSize).toBe(8);
  expect(controller.session.notices).toEqual([
    expect.stringContaining('blocks of 4 tokens, so the block size is now 8'),
  ]);
});

test('another model goes on from plain words, and the page’s own from a title again', async () => {
  const { controller, model } = openPage(new ScriptedModel(), { form: 'titled', title: 'Fog', freePrompt: 'Once' });
  model.kept.push(KEPT);
  await controller.open();
  expect(controller.session.story?.settings.prompt).toContain('Fog');
  await controller.models.open({ type: 'kept', id: KEPT.id });
  await controller.write();
  expect(controller.session.story).toMatchObject({ heading: null, settings: { prompt: 'Once' } });
  await controller.models.open(controller.models.embedded);
  await controller.write();
  expect(controller.session.story?.heading?.title).toBe('Fog');
});

test('a worker that stops is started again once, with the text and the settings kept', async () => {
  const { controller, crash, clients } = openPage(new ScriptedModel(), { maxTokens: 1000 });
  await controller.models.load();
  void controller.write();
  await until(controller, ({ story }) => (story?.steps.length ?? 0) > 1);
  const steps = controller.session.story?.steps;
  crash();
  expect(controller.session).toMatchObject({ story: { phase: 'failed' }, model: { phase: 'loading' } });
  await until(controller, ({ model }) => model.phase === 'ready');
  await settle();
  expect(controller.session.problem).toBeNull();
  expect(controller.session.notices).toEqual([expect.stringContaining('stopped unexpectedly and was restarted')]);
  expect(controller.session.story?.steps).toEqual(steps);
  controller.set({ maxTokens: 4 });
  await controller.write();
  expect(controller.session.story?.phase).toBe('finished');
  // Again within a minute: the person decides.
  const before = clients.length;
  crash();
  await settle();
  expect(controller.session.model).toMatchObject({ phase: 'stopped', problem: { code: 'internal' } });
  expect(clients).toHaveLength(before);
  expect(controller.session.story?.phase).toBe('finished');
  await controller.models.load();
  expect(controller.session.model.phase).toBe('ready');
});

test('a worker that stops while it loads is a failed load, not one without end', async () => {
  const model = new ScriptedModel();
  model.loading = new Gate().opened;
  const { controller, crash, clients } = openPage(model);
  const opening = controller.open();
  await until(controller, ({ model }) => model.phase === 'loading' && model.totalBytes === 10);
  crash();
  await opening;
  expect(controller.session.model).toMatchObject({ phase: 'failed', problem: { code: 'internal' } });
  expect(clients).toHaveLength(1);
});

test('a worker that stops while it fetches leaves the model at work', async () => {
  const { controller, model, gate, crash } = await writing();
  model.fetching = new Gate().opened;
  const opening = controller.models.open(URL_PLACE);
  await until(controller, ({ fetch }) => fetch?.phase === 'fetching' && fetch.totalBytes === 10);
  crash();
  await opening;
  expect(controller.session).toMatchObject({ fetch: { phase: 'failed' }, story: { phase: 'writing' } });
  gate.open();
});

test('leaving the page ends its workers; coming back loads the model again', async () => {
  const { controller, model, gate, clients } = await writing();
  model.fetching = new Gate().opened;
  const opening = controller.models.open(URL_PLACE);
  await settle();
  controller.models.leave();
  await opening;
  expect(clients.map(({ ended }) => ended())).toEqual([1, 1]);
  expect(controller.session).toMatchObject({ fetch: null, story: { phase: 'stopped' }, problem: null });
  gate.open();
  await controller.models.comeBack();
  expect(controller.session.model.phase).toBe('ready');
  const loads = clients.length;
  await controller.models.comeBack();
  expect(clients).toHaveLength(loads);
});
