import { expect, test } from 'vitest';
import { Controller } from '../../src/ui/session/controller';
import { DEFAULT_SETTINGS, type Settings } from '../../src/ui/settings/settings';
import { readLink } from '../../src/ui/share/link';
import { hasOtherSettings, noticeOf, Sharing, writerElsewhere } from '../../src/ui/share/sharing';
import type { Story } from '../../src/ui/story/story';
import type { LoadedModel, Models } from '../../src/worker/loaded-model';
import { openClient, settle } from '../worker/line';
import { INFO, keptModel, ScriptedModel } from '../worker/scripted-model';
import { scriptedRun } from './run-script';
import { ScriptedAddress } from './scripted-address';

const LINK = '#write?title=Fog&block=4&length=16&seed=41&model=0123456789ab&on=wasm';

/** A page without a page, at an address. */
function openPage(hash: string | ScriptedAddress, change: Partial<Settings> = {}, model = new WholeRuns()) {
  const controller = new Controller({
    settings: { ...DEFAULT_SETTINGS, maxTokens: 16, blockSize: 4, ...change },
    embeddedUrl: 'http://x/m/',
    embeddedDigest: INFO.digest,
    connect: () => openClient(model).client,
    saveSettings: () => {},
  });
  const address = typeof hash === 'string' ? new ScriptedAddress(hash) : hash;
  const sharing = new Sharing(controller, address);
  sharing.begin();
  const notice = () => noticeOf(controller.session.story, controller.session.model);
  const changed = () => (controller.session.story?.provenance?.changes ?? 0) > 0;
  return { model, controller, address, sharing, notice, changed };
}

/** A text as it is when a file brings it back. */
function asOpened(story: Story | null) {
  return story?.provenance && { ...story, provenance: { ...story.provenance, source: 'file' } };
}

/** The scripted model, but with a run that finishes its blocks. */
class WholeRuns extends ScriptedModel {
  override async open(...load: Parameters<Models['open']>): Promise<LoadedModel> {
    const opened = await super.open(...load);
    const log = this.log;
    return {
      ...opened,
      async *write(settings) {
        log.push(`write ${settings().seed}`);
        yield* scriptedRun(2);
      },
    };
  }
}

test('the address has the text that is on screen, and settings alone do not change it', async () => {
  const { controller, address, sharing } = openPage('', { title: 'Rain' });
  await controller.open();
  const { seed } = controller.session.settings;
  expect(address.hash).toBe(`#write?title=Rain&block=4&length=16&seed=${seed}&model=${INFO.digest}&on=wasm`);
  expect(sharing.hash).toBe(address.hash);
  controller.set({ title: 'Snow' });
  await settle(300);
  expect(address.hash).toContain('title=Rain');
  await controller.write();
  expect(address.hash).toContain('title=Snow');
});

test('a reload writes the text that the address names', async () => {
  const before = openPage('', { title: 'Rain', seeds: 'new each time' });
  await before.controller.open();
  const { hash } = before.address;
  const { seed } = before.controller.session.story!.settings;
  const after = openPage(hash, { title: 'Snow', seeds: 'new each time' });
  await after.controller.open();
  expect(after.controller.session.story?.settings.seed).toBe(seed);
  expect(after.controller.session.story?.heading?.title).toBe('Rain');
  expect(after.address.entries).toEqual([hash]);
  // What was set since is still there for the next text.
  expect(after.controller.session.settings.title).toBe('Snow');
});

test('a reload after another model was chosen opens that model, and shows the text as it was, with its writer', async () => {
  const kept = keptModel(1);
  const { model, controller, address } = openPage('', { title: 'Rain' });
  model.kept.push(kept);
  model.other = { digest: 'ffffffffffff' };
  await controller.open();
  expect(address.kept).toBeUndefined();
  await controller.models.open({ type: 'kept', id: kept.id });
  const { story, settings } = controller.session;
  controller.models.leave();
  const { length } = model.log;
  const after = openPage(address, settings, model);
  await after.controller.open();
  expect(model.log.slice(length)).toEqual(['open kept']);
  expect(after.controller.session.model).toMatchObject({ info: { name: kept.name } });
  expect(after.controller.session.story).toEqual(story);
  expect(after.notice()).toContain('Scripted wrote it');
  // A text of the model in use needs no keeping: it is written again, as its address says.
  await after.controller.write();
  expect(address.kept).toBeUndefined();
});

test('Back leads from a changed text to how it was, and a reload shows what was on screen', async () => {
  const { model, controller, address, sharing } = openPage('', { title: 'Rain' });
  await controller.open();
  const first = controller.session.story;
  await controller.writeOn();
  const longer = controller.session.story;
  await controller.writeOn();
  const longest = controller.session.story;
  expect(address.entries.map((hash) => /&changes=(.*)$/.exec(hash)?.[1])).toEqual([undefined, '1', '2']);
  // What is given to others is how it was first written.
  expect(sharing.hash).toBe(address.entries[0]);
  const { length } = model.log;
  for (const story of [longer, first]) {
    address.move(-1);
    sharing.arrive();
    expect(controller.session.story).toBe(story);
  }
  address.move(1);
  sharing.arrive();
  address.move(1);
  sharing.arrive();
  expect(controller.session.story).toBe(longest);
  const after = openPage(address, controller.session.settings, model);
  await after.controller.open();
  expect(model.log.slice(length)).toEqual(['open']);
  const text = (story: Story | null) => story && [...story.earlier, ...story.blocks];
  expect(text(after.controller.session.story)).toEqual(text(longest));
  expect(after.notice()).toBeNull();
});

test('a link that asks for blocks that the model has not says what was done', async () => {
  const { controller, address, notice } = openPage('#write?title=Fog&block=9999&length=16&seed=41');
  await controller.open();
  expect(notice()).toBe('The model has no blocks of 9999, so it writes in blocks of 2.');
  expect(address.hash).toContain('&block=2&');
});

test('what the history keeps is not trusted', async () => {
  const address = new ScriptedAddress(LINK);
  for (const run of ['{"unmask":1}', 'no run']) {
    address.keep({ source: 'here', run });
    const { controller } = openPage(address);
    await controller.open();
    expect(controller.session.story?.settings.seed).toBe(41);
  }
});

test('a text of the model that is always at hand is written by that, whatever was used last', async () => {
  const kept = keptModel(1);
  const { model, controller } = openPage(LINK, { model: kept.id });
  model.kept.push(kept);
  await controller.open();
  expect(model.log).toEqual(expect.arrayContaining(['open', 'write 41']));
  expect(model.log).not.toContain('open kept');
  // The next visit has the other again.
  expect(controller.session.settings.model).toBe(kept.id);
});

test('another text adds to the history, and Back returns to the one before without writing it again', async () => {
  const { model, controller, address, sharing } = openPage('', { title: 'Rain' });
  await controller.open();
  const first = controller.session.story;
  await controller.writeAnother();
  const second = controller.session.story;
  expect(address.entries).toHaveLength(2);
  expect(new Set(address.entries).size).toBe(2);
  const { length } = model.log;
  address.move(-1);
  sharing.arrive();
  expect(controller.session.story).toBe(first);
  address.move(1);
  sharing.arrive();
  expect(controller.session.story).toBe(second);
  expect(controller.session.past).toEqual([first]);
  expect(model.log).toHaveLength(length);
  expect(address.entries).toHaveLength(2);
});

test('a link writes its own text once, whatever was set here before, and says nothing', async () => {
  const { model, controller, address, notice } = openPage(LINK, { title: 'Rain', temperature: 0, topP: 0.5 });
  await controller.open();
  expect(model.log).toContain('write 41');
  expect(controller.session.inForce).toMatchObject({ ...readLink(LINK)?.settings, seeds: 'new each time' });
  expect(controller.session.settings).toMatchObject({ title: 'Rain', temperature: 0, topP: 0.5 });
  expect(address.hash).toBe(LINK);
  expect(notice()).toBeNull();
  await controller.writeAnother();
  expect(controller.session.story).toMatchObject({ heading: { title: 'Fog' }, settings: { maxTokens: 16 } });
  await controller.write();
  expect(controller.session.story).toMatchObject({ heading: { title: 'Rain' }, settings: { temperature: 0 } });
  expect(controller.session.story?.settings.seed).not.toBe(41);
});

test('another text of a link has another seed, and leaves one’s own as it is', async () => {
  const { model, controller } = openPage(LINK, { title: 'Rain', seeds: 'keep', seed: 7 });
  await controller.open();
  await controller.writeAnother();
  await controller.writeAnother();
  expect(controller.session.settings.seed).toBe(7);
  const seeds = model.log.filter((entry) => entry.startsWith('write'));
  expect(new Set(seeds).size).toBe(3);
  await controller.write();
  expect(model.log.at(-1)).toBe('write 7');
});

test('the settings of a link can be taken as one’s own', async () => {
  const { controller } = openPage(LINK, { title: 'Rain', temperature: 0 });
  await controller.open();
  expect(hasOtherSettings(controller.session.story, controller.session.settings)).toBe(true);
  controller.adoptSettings();
  expect(hasOtherSettings(controller.session.story, controller.session.settings)).toBe(false);
  expect(controller.session.settings).toMatchObject({ title: 'Fog', seed: 41, blockSize: 4 });
});

test('a setting that is changed while a link’s text is written changes that alone in it', async () => {
  const { controller } = openPage(LINK, { title: 'Rain', temperature: 0 });
  await controller.models.load();
  const writing = controller.write();
  controller.set({ topP: 0.5 });
  expect(controller.session.inForce).toMatchObject({ title: 'Fog', temperature: 0.8, topP: 0.5 });
  expect(controller.session.settings).toMatchObject({ title: 'Rain', temperature: 0, topP: 0.5 });
  await writing;
});

test('a link from another model says that the text may differ, until another is written', async () => {
  const { controller, notice } = openPage(LINK.replace('0123456789ab', 'ffffffffffff'));
  await controller.open();
  expect(notice()).toContain('another version of the model');
  await controller.write();
  expect(notice()).toBeNull();
});

test('a link whose text is too long says what was cut, until another text is written', async () => {
  const { controller, notice } = openPage(`#write?text=${'a'.repeat(4500)}&length=16&seed=41`);
  await controller.open();
  expect(notice()).toBe(
    'The text in this link is too long. There is room for 4,000 characters: the last 500 were cut.',
  );
  await controller.write();
  expect(notice()).toBeNull();
});

test('a link from a model that is kept here is written with that once it is switched to', async () => {
  const { model, controller, sharing, notice } = openPage(LINK.replace('0123456789ab', 'ffffffffffff'));
  const elsewhere = () => writerElsewhere(controller.session.story, controller.session.model);
  model.kept.push(keptModel(1));
  model.other = { digest: 'ffffffffffff' };
  await controller.open();
  expect(elsewhere()).toBe('ffffffffffff');
  await sharing.switchTo({ type: 'kept', id: keptModel(1).id });
  expect(controller.session.model).toMatchObject({ info: { name: 'Kept 1' } });
  expect(model.log.filter((entry) => entry.startsWith('write'))).toEqual(['write 41', 'write 41']);
  expect([elsewhere(), notice()]).toEqual([null, null]);
});

test('the address of another model has plain words, and no title', async () => {
  const { model, controller, address } = openPage('', { title: 'Rain', freePrompt: 'Once', seeds: 'keep', seed: 1 });
  model.kept.push(keptModel(1));
  await controller.models.open({ type: 'kept', id: keptModel(1).id });
  await controller.write();
  expect(address.hash).toMatch(/^#write\?text=Once&/);
});

test('a link that is followed on the open page writes its text; the page’s own addresses do not', async () => {
  const { model, controller, address, sharing, changed } = openPage('', { seeds: 'keep', seed: 1 });
  await controller.open();
  const { hash } = address;
  address.push('#race');
  sharing.arrive();
  expect(address.hash).toBe('#race');
  address.push('#write');
  sharing.arrive();
  expect(address.hash).toBe(hash);
  sharing.arrive();
  expect(model.log.filter((entry) => entry.startsWith('write'))).toEqual(['write 1']);
  address.push(LINK);
  sharing.arrive();
  await settle(300);
  expect(model.log).toContain('write 41');
  expect(changed()).toBe(false);
});

test('a text that was gone on with is linked as it first began, and says so', async () => {
  const { controller, sharing, changed } = openPage(LINK);
  await controller.open();
  controller.stop();
  controller.set({ temperature: 0.3 });
  await controller.writeOn();
  expect(sharing.hash).toBe(LINK);
  expect(changed()).toBe(true);
  await controller.write();
  expect(changed()).toBe(false);
});

test('a text that is brought back is shared as what it was', async () => {
  const { controller, address, sharing, changed } = openPage(LINK);
  await controller.open();
  controller.set({ title: 'Rain' });
  await controller.write();
  await controller.writeOn();
  expect(sharing.hash).toContain('title=Rain');
  controller.undo();
  expect(changed()).toBe(false);
  controller.undo();
  expect(sharing.hash).toBe(LINK);
  controller.redo();
  controller.redo();
  expect(sharing.hash).toContain('title=Rain');
  expect(changed()).toBe(true);
  expect(address.hash).toContain('title=Rain');
});

test('a saved run opens without a model, and another model is named', async () => {
  const first = openPage(LINK);
  await first.controller.open();
  const file = first.sharing.file;
  const second = openPage('', { title: 'Rain' });
  await second.sharing.openFile(new Blob([file ?? '']));
  expect(second.controller.session.story).toEqual(asOpened(first.controller.session.story));
  expect(second.controller.session.settings.title).toBe('Rain');
  expect(second.controller.session.inForce.title).toBe('Fog');
  expect(second.sharing.hash).toBe(LINK);
  expect(second.notice()).toBe('Opened from a file, not written just now.');
  await second.controller.open();
  expect(second.model.log).toEqual(['open']);
  const third = openPage('');
  await third.controller.models.load();
  await third.sharing.openFile(new Blob([(file ?? '').replace('0123456789ab', 'ffffffffffff')]));
  expect(third.notice()).toContain('Scripted wrote it');
});

test('a link that is followed while the model loads is written once it is there, also over a text', async () => {
  const first = openPage(LINK);
  await first.controller.open();
  const { model, controller, sharing, address } = openPage('');
  const opening = controller.open();
  await sharing.openFile(new Blob([first.sharing.file ?? '']));
  address.push(LINK.replace('seed=41', 'seed=42'));
  sharing.arrive();
  await opening;
  expect(model.log).toContain('write 42');
});

test('a run that is opened while the model loads is not written over', async () => {
  const first = openPage(LINK);
  await first.controller.open();
  const second = openPage('');
  const opening = second.controller.open();
  await second.sharing.openFile(new Blob([first.sharing.file ?? '']));
  await opening;
  expect(second.controller.session.story).toEqual(asOpened(first.controller.session.story));
});

test('a file that cannot be read changes nothing but says why', async () => {
  const { controller, sharing } = openPage(LINK);
  await controller.open();
  const { story, settings } = controller.session;
  await sharing.openFile(new Blob(['{"unmask":1}']));
  expect(sharing.store.getState().refused).toMatchObject({ what: 'file', why: expect.stringContaining('damaged') });
  expect(controller.session).toMatchObject({ story, settings });
  sharing.forgetRefusal();
  expect(sharing.store.getState().refused).toBeNull();
});
