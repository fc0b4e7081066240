import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import type { ModelInfo } from '../../src/library/models';
import { Upgrade } from '../../src/ui/models/upgrade';
import { Controller } from '../../src/ui/session/controller';
import { canContinue } from '../../src/ui/session/session';
import { DEFAULT_SETTINGS, type Settings } from '../../src/ui/settings/settings';
import type { LoadedModel, Models } from '../../src/worker/loaded-model';
import { openClient, settle } from '../worker/line';
import { Gate, keptModel, ScriptedModel } from '../worker/scripted-model';
import { until } from './open-page';

const BETTER = { folder: 'big', name: 'Big', bytes: 100, digest: 'bbbbbbbbbbbb', url: 'http://x/models/big/' };

/** A device with or without a GPU. */
class OnDevice extends ScriptedModel {
  readonly #backend: ModelInfo['backend'];
  /** Thrown by loading the better model. */
  tooLarge: Error | undefined;
  constructor(backend: ModelInfo['backend']) {
    super();
    this.#backend = backend;
    this.other = { digest: BETTER.digest };
  }
  override async open(...load: Parameters<Models['open']>): Promise<LoadedModel> {
    const opened = await super.open(...load);
    if (load[0].type === 'kept' && this.tooLarge) throw this.tooLarge;
    return { ...opened, info: { ...opened.info, backend: this.#backend, blockSizes: [1, 4, 16] } };
  }
}

function openPage(backend: ModelInfo['backend'], change: Partial<Settings> = {}, savesData = false) {
  const model = new OnDevice(backend);
  const saved: Settings[] = [];
  const controller = new Controller({
    settings: { ...DEFAULT_SETTINGS, maxTokens: 4, ...change },
    embeddedUrl: 'http://x/models/small/',
    moreModels: [BETTER],
    connect: (events) => openClient(model, events).client,
    saveSettings: (settings) => saved.push(settings),
  });
  const upgrade = new Upgrade(controller, savesData);
  return { model, controller, upgrade, saved, phase: () => upgrade.store.getState().phase };
}

test('on a GPU the better model is fetched behind the first text and writes the next', async () => {
  const { model, controller, phase } = openPage('webgpu');
  const pass = new Gate();
  model.pass = pass.opened;
  const opening = controller.open();
  await until(controller, ({ story }) => story?.phase === 'writing');
  await settle(5);
  expect(phase()).toBe('waiting');
  expect(controller.session.story?.phase).toBe('writing');
  pass.open();
  await opening;
  await settle(400);
  expect(controller.session.model).toMatchObject({ info: { digest: BETTER.digest, origin: { type: 'embedded' } } });
  expect(phase()).toBe('in use');
  // The first text is another model's: its ids mean other words.
  expect(controller.session.story?.phase).toBe('finished');
  expect(canContinue(controller.session)).toBe(false);
  await controller.write();
  expect(controller.session.story?.provenance?.model.digest).toBe(BETTER.digest);
  expect(phase()).toBe('none');
  expect(controller.session.settings.model).toBe(keptModel(1).id);
  expect(model.log.filter((entry) => entry === 'fetch')).toHaveLength(1);
});

test.each([
  ['without a GPU', 'wasm', {}, false],
  ['where data is saved', 'webgpu', {}, true],
  ['where it was stopped before', 'webgpu', { upgrade: 'on request' }, false],
  ['where the GPU was asked for, and may be software', 'webgpu', { backend: 'webgpu' }, false],
] as const)('%s it is offered', async (_name, backend, change, savesData) => {
  const { model, controller, upgrade, phase } = openPage(backend, change, savesData);
  await controller.open();
  await settle(5);
  expect(phase()).toBe('offered');
  expect(model.log).not.toContain('fetch');
  await upgrade.fetch();
  expect(controller.session.model).toMatchObject({ info: { digest: BETTER.digest } });
});

test('fetching can be stopped, and does not begin by itself again', async () => {
  const { model, controller, upgrade, phase, saved } = openPage('webgpu');
  model.fetching = new Gate().opened;
  await controller.open();
  expect(phase()).toBe('fetching');
  upgrade.stop();
  await settle(5);
  expect(phase()).toBe('offered');
  expect(saved.at(-1)?.upgrade).toBe('on request');
  await controller.write();
  expect(phase()).toBe('offered');
});

test('a better model that cannot be fetched or loaded leaves the small one at work', async () => {
  const { model, controller, upgrade } = openPage('wasm');
  await controller.open();
  model.fetchFailure = new UnmaskError('network', 'The connection was lost.');
  await upgrade.fetch();
  expect(upgrade.store.getState()).toMatchObject({ phase: 'failed', problem: { message: 'The connection was lost.' } });
  model.fetchFailure = undefined;
  model.tooLarge = new UnmaskError('out-of-memory', 'It does not fit.');
  await upgrade.fetch();
  expect(upgrade.store.getState()).toMatchObject({ phase: 'failed', problem: { message: 'It does not fit.' } });
  expect(controller.session.model).toMatchObject({ phase: 'ready', info: { name: 'Scripted' } });
});

test('who goes back to the small model, or chooses another, is left alone', async () => {
  const { model, controller, upgrade, phase } = openPage('webgpu');
  await controller.open();
  await settle(400);
  await controller.models.open(controller.models.embedded);
  expect(phase()).toBe('offered');
  model.kept.push(keptModel(2));
  model.other = {};
  await controller.models.open({ type: 'kept', id: keptModel(2).id });
  expect(phase()).toBe('none');
  upgrade.stop();
});
