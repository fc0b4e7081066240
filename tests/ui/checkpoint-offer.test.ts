import { expect, test } from 'vitest';
import { UnmaskError } from '../../src/errors';
import { fetchText, originText, roomText } from '../../src/ui/models/model-texts';
import type { FetchOptions } from '../../src/worker/loaded-model';
import type { CheckpointOffer, DistantPlace, FoundOffer, ModelPlace } from '../../src/worker/protocol';
import { ScriptedModel } from '../worker/scripted-model';
import { openPage } from './open-page';

const OFFER: CheckpointOffer = {
  name: 'Published',
  licence: 'mit',
  modelType: 'bd3lm',
  parameters: 170e6,
  place: 'owner/name',
  tokenizerFrom: null,
  fetchBytes: 1.3e9,
  keptBytes: { q4: 110e6, q8: 200e6 },
  suggested: 'q8',
  freeBytes: 150e6,
};

/** Has a checkpoint everywhere, which it offers before it keeps it. */
class OfferingModel extends ScriptedModel {
  override async fetch(place: DistantPlace, options: FetchOptions): Promise<ModelPlace | FoundOffer> {
    this.log.push(`${options.hub} ${options.dtype}`);
    return options.dtype === null ? { type: 'offer', offer: OFFER } : super.fetch(place, options);
  }
}

test('the sheet says what comes, what stays, and whether there is room', () => {
  expect(fetchText(OFFER, 'q4')).toBe('1.3 GB to fetch, 110.0 MB to keep');
  expect(roomText(OFFER, 'q4')).toBe('The browser’s storage has room for 150.0 MB.');
  expect(roomText(OFFER, 'q8')).toMatch(/room for 150.0 MB, which is too little/);
  expect(roomText({ ...OFFER, freeBytes: null }, 'q8')).toMatch(
    /keeps no models for this page.* until the page is closed/,
  );
  expect(originText({ type: 'checkpoint', place: 'owner/name' })).toBe('owner/name, converted here');
});

test('a checkpoint is offered, and fetched once it is accepted; a fetch that failed is tried again as it was', async () => {
  const model = new OfferingModel();
  const { controller } = openPage(model);
  await controller.models.load();
  await controller.models.open({ type: 'url', url: 'owner/name' });
  expect(controller.session.fetch).toEqual({ phase: 'offered', name: 'Published', offer: OFFER });
  model.fetchFailure = new UnmaskError('network', 'Check the connection.');
  await controller.models.accept('q4');
  expect(controller.session.fetch).toMatchObject({ phase: 'failed', name: 'Published' });
  model.fetchFailure = undefined;
  await controller.models.fetchAgain();
  expect(controller.session).toMatchObject({ fetch: null, model: { phase: 'ready', info: { name: 'Kept 1' } } });
  const hub = 'https://huggingface.co';
  const asked = model.log.filter((entry) => entry.startsWith('https'));
  expect(asked).toEqual([`${hub} null`, `${hub} q4`, `${hub} q4`]);
});

test('an offer that is declined leaves everything as it was', async () => {
  const model = new OfferingModel();
  const { controller } = openPage(model);
  await controller.models.load();
  const before = controller.session.model;
  await controller.models.open({ type: 'url', url: 'owner/name' });
  controller.models.cancelFetch();
  expect(controller.session).toMatchObject({ fetch: null, model: before });
  await controller.models.accept('q4');
  expect(model.log).not.toContain('https://huggingface.co q4');
});
