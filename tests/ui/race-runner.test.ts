import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { viewOf } from '../../src/ui/page/view';
import { RaceRunner } from '../../src/ui/race/race-runner';
import { Controller } from '../../src/ui/session/controller';
import { DEFAULT_SETTINGS } from '../../src/ui/settings/settings';
import { openClient, settle } from '../worker/line';
import { Gate, ScriptedModel } from '../worker/scripted-model';

async function openRace(model = new ScriptedModel()) {
  const controller = new Controller({
    settings: { ...DEFAULT_SETTINGS, maxTokens: 3, seed: 11, seeds: 'keep' },
    embeddedUrl: 'http://x/m/',
    connect: (events) => openClient(model, events).client,
    saveSettings: () => {},
  });
  await controller.models.load();
  return { model, controller, runner: new RaceRunner(controller) };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries++) await settle(2);
  expect(holds()).toBe(true);
}

test('both write from the same seed, and the race ends with a verdict', async () => {
  const { model, runner } = await openRace();
  await runner.start();
  expect(model.log.filter((entry) => entry.startsWith('write'))).toEqual(['write 11', 'write 11']);
  expect(runner.race.phase).toBe('finished');
  expect(runner.race.stories?.map(({ phase }) => phase)).toEqual(['finished', 'finished']);
  await runner.start();
  expect(runner.race.phase).toBe('finished');
});

test('a race takes the place of a text', async () => {
  const { model, controller, runner } = await openRace();
  const gate = new Gate();
  model.pass = gate.opened;
  const writing = controller.write();
  await until(() => controller.session.story?.phase === 'writing');
  const racing = runner.start();
  expect(controller.session.story?.phase).toBe('stopped');
  gate.open();
  await Promise.all([writing, racing]);
  expect(runner.race.phase).toBe('finished');
  expect(controller.session.problem).toBeNull();
});

test('a text takes the place of a race', async () => {
  const { model, controller, runner } = await openRace();
  const gate = new Gate();
  model.pass = gate.opened;
  const racing = runner.start();
  await until(() => runner.race.stories?.[0].phase === 'writing');
  const writing = controller.write();
  await racing;
  expect(runner.race.phase).toBe('stopped');
  expect(runner.race.problem).toBeNull();
  gate.open();
  await writing;
  expect(controller.session.story?.phase).toBe('finished');
});

test('Stop ends it at once, and it can be run again', async () => {
  const { model, runner } = await openRace();
  const gate = new Gate();
  model.pass = gate.opened;
  const racing = runner.start();
  await until(() => runner.race.stories?.[0].phase === 'writing');
  runner.stop();
  expect(runner.race.phase).toBe('stopped');
  gate.open();
  await racing;
  expect(runner.race.phase).toBe('stopped');
  await runner.start();
  expect(runner.race.phase).toBe('finished');
});

test('an error is shown, and gone when the model is loaded again', async () => {
  const { model, controller, runner } = await openRace();
  model.failure = new UnmaskError('device-lost', 'Load the model again.');
  await runner.start();
  expect(runner.race.phase).toBe('failed');
  expect(runner.race.problem).toEqual({ code: 'device-lost', message: 'Load the model again.' });
  await controller.models.load();
  expect(runner.race.problem).toBeNull();
});

test('the address names the view', () => {
  expect(['', '#', '#write', '#race', '#how', '#how-sources', '#horse'].map(viewOf)).toEqual([
    'write',
    'write',
    'write',
    'race',
    'how',
    'how',
    'write',
  ]);
});
