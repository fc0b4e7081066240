import { expect, test } from 'vitest';
import { PUBLISHED_SHAPES } from '../../bench/published-shapes';
import { UnmaskError } from '../../src/errors';
import type { CheckpointOffer, DistantPlace, FoundOffer, ModelPlace } from '../../src/library/models';
import {
  deviceText,
  fetchText,
  hasRoom,
  memoryText,
  originText,
  publishedText,
  ranText,
  roomText,
} from '../../src/ui/models/model-texts';
import { PUBLISHED_MODELS } from '../../src/ui/models/published-models';
import type { FetchOptions } from '../../src/worker/loaded-model';
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
  begun: { q4: { fetchedBytes: 0, storedBytes: 0 }, q8: { fetchedBytes: 0, storedBytes: 0 } },
  device: { type: 'gpu', name: 'nvidia ampere', mostBytes: 134_217_728 },
  needs: {
    q4: { weightBytes: 106e6, cacheBytes: 37.7e6, largestBytes: 19e6, fits: true },
    q8: { weightBytes: 190e6, cacheBytes: 37.7e6, largestBytes: 154e6, fits: true },
  },
  contextLength: 1024,
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
  expect(fetchText(OFFER, 'q4')).toBe('1.3 GB to fetch, 110.0 MB to store');
  expect(roomText(OFFER, 'q4')).toBe('The browser’s storage has room for 150.0 MB.');
  expect(roomText(OFFER, 'q8')).toMatch(/room for 150.0 MB, which is not enough/);
  expect(roomText({ ...OFFER, freeBytes: null }, 'q8')).toMatch(
    /cannot save models for this page.* until the page is closed/,
  );
  expect(originText({ type: 'checkpoint', place: 'owner/name' })).toBe('owner/name, converted here');
});

test('of a conversion that was begun the sheet says what is left, and asks for no more room than that', () => {
  const begun = { q4: { fetchedBytes: 0.9e9, storedBytes: 110e6 }, q8: { fetchedBytes: 1.3e9, storedBytes: 200e6 } };
  const offer = { ...OFFER, begun };
  expect(fetchText(offer, 'q4')).toBe('400.0 MB of 1.3 GB left to fetch, 110.0 MB to store');
  expect(fetchText(offer, 'q8')).toBe('all of it is here, 200.0 MB stored');
  expect(hasRoom(OFFER, 'q8')).toBe(false);
  expect(hasRoom(offer, 'q8')).toBe(true);
});

test('the sheet says what the device needs, and whether it fits', () => {
  expect(memoryText(OFFER, 'q4')).toBe('106.0 MB of weights, 37.7 MB for a context of 1024 tokens');
  const which = 'It fits this GPU (nvidia ampere), whose largest buffer is 134.2 MB: the largest part takes';
  const memory = 'Browsers do not say how much memory a GPU has.';
  expect(deviceText(OFFER, 'q4')).toBe(`${which} 19.0 MB. ${memory}`);
  expect(deviceText(OFFER, 'q8')).toBe(`${which} 154.0 MB, so it is split. ${memory}`);
  const needs = { ...OFFER.needs, q8: { ...OFFER.needs.q8, fits: false } };
  expect(deviceText({ ...OFFER, needs }, 'q8')).toBe(
    'It does not fit this GPU (nvidia ampere), whose largest buffer is 134.2 MB.',
  );
  const device = { type: 'cpu', mostBytes: 2 ** 32 } as const;
  expect(deviceText({ ...OFFER, device }, 'q8')).toBe('No GPU here is faster than the CPU, which runs it.');
  expect(deviceText({ ...OFFER, device, needs }, 'q8')).toMatch(
    /a page has 4.3 GB of memory at most: this is too much/,
  );
});

test('the published models are there once each, with the sizes of their shapes, and whether they were run', () => {
  const repositories = PUBLISHED_MODELS.flatMap(({ repositories }) => repositories.map(({ repository }) => repository));
  expect(new Set(repositories).size).toBe(repositories.length);
  expect(repositories.filter((repository) => !/^[\w-]+\/[\w.-]+$/.test(repository))).toEqual([]);
  for (const { repository, parameters, dtype } of Object.values(PUBLISHED_SHAPES)) {
    const listed = PUBLISHED_MODELS.find(({ repositories }) =>
      repositories.some((one) => one.repository === repository),
    );
    expect(listed, repository).toMatchObject({ parameters, bytes: parameters * (dtype === 'F32' ? 4 : 2) });
  }
  const texts = PUBLISHED_MODELS.map((models) => `${publishedText(models)} ${ranText(models)}`);
  expect(texts[0]).toBe('170 M parameters, 678.5 MB to fetch, Apache-2.0. Not yet tested with its real weights.');
  expect(texts.filter((text) => /Tested with its real weights: the same 64 tokens/.test(text))).toHaveLength(1);
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
  controller.models.librarian.cancel();
  expect(controller.session).toMatchObject({ fetch: null, model: before });
  await controller.models.accept('q4');
  expect(model.log).not.toContain('https://huggingface.co q4');
});
