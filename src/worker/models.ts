import { backendFor, startRuntime } from '../backends/choose-backend';
import { UnmaskError } from '../errors';
import type { DistantPlace, ModelFacts, ModelPlace } from '../library/models';
import { readFrom } from '../model/source/model-files';
import type { ModelSource } from '../model/source/model-source';
import { openModelFiles, openModelUrl } from '../model/source/model-url';
import { openModelSource } from '../model/source/open-model-source';
import { type ModelStore, openModelStore } from '../model/store/model-store';
import { fetchCheckpoint, findCheckpoint } from './checkpoints';
import type { LoadOptions, Models } from './loaded-model';
import { factsOf } from './model-facts';
import { type FoundModel, openModel } from './open-model';
import { passingModel } from './passing-models';
import type { Platform } from './platform';
import { progressSum } from './progress-sum';

/** The models of a page or a program, of the web and of this device. */
export function createModels(platform: Platform): Models {
  return {
    async open(place, choice, options) {
      const progress = progressSum(options.onProgress);
      const gpu = await platform.gpu(choice);
      const backend = await backendFor(choice, gpu);
      startRuntime(backend, progress.runtime);
      const found = await find(place, platform, { ...options, onProgress: progress.model });
      return openModel(found, { choice: backend, gpu }, options);
    },

    async fetch(place, options) {
      const store = await openModelStore();
      const found = await findCheckpoint(place, options);
      if (found.type === 'checkpoint') return fetchCheckpoint(found, place, { store, gpu: platform.gpu }, options);
      const there: DistantPlace = found.url === null ? place : { type: 'url', url: found.url };
      if (!store) {
        await find(there, platform, options);
        return there;
      }
      const { id } = await (there.type === 'url'
        ? store.fetchFromUrl(there.url, options)
        : store.importFiles(there.name, there.files, options));
      return { type: 'kept', id };
    },

    async list(embeddedUrl) {
      const store = await openModelStore();
      const [kept, unfinished] = store ? [await store.list(), await store.unfinished()] : [[], []];
      return { embedded: await factsAt(embeddedUrl), kept, unfinished, space: store && (await store.space()) };
    },

    async remove(id) {
      const store = await openModelStore();
      const unfinished = (await store?.unfinished())?.some(({ key }) => key === id);
      await (unfinished ? store?.removeUnfinished(id) : store?.remove(id));
    },
  };
}

/** Opens the folder at a place. */
async function find(place: ModelPlace, { readFolder }: Platform, options: LoadOptions): Promise<FoundModel> {
  switch (place.type) {
    case 'embedded':
      return { source: await openModelUrl(place.url, options), origin: { type: 'embedded' }, keptId: null };
    case 'bundled': {
      const source = await openModelFiles((path) => bundledUrl(path, place.urls), options);
      return { source, origin: { type: 'embedded' }, keptId: null };
    }
    case 'disk': {
      const { path } = place;
      if (!readFolder) throw new UnmaskError('bad-input', `${path} is a path, which only Node opens. Give a URL.`);
      const source = await openModelSource(readFolder(path), options.signal);
      return { source: tellWhole(source, options), origin: { type: 'folder', name: path }, keptId: null };
    }
    case 'url': {
      const { url } = place;
      return { source: await openModelUrl(url, options), origin: { type: 'url', url }, keptId: null };
    }
    case 'folder': {
      const { name, files } = place;
      const source = await openModelSource(readFrom(name, files), options.signal);
      return { source: tellWhole(source, options), origin: { type: 'folder', name }, keptId: null };
    }
    case 'kept': {
      const passing = passingModel(place.id);
      if (passing) return { source: tellWhole(passing.source, options), origin: passing.origin, keptId: null };
      return findKept(await openModelStore(), place.id, options);
    }
    default:
      return place satisfies never;
  }
}

function bundledUrl(path: string, urls: Readonly<Record<string, string>>): URL {
  const url = urls[path];
  if (url !== undefined) return new URL(url);
  throw new UnmaskError('bad-model', `The model that was bundled has no ${path}. Give the URLs of all its files.`);
}

async function findKept(store: ModelStore | null, id: string, options: LoadOptions): Promise<FoundModel> {
  const kept = (await store?.list())?.find((model) => model.id === id);
  if (!store || !kept) throw new UnmaskError('bad-model', 'This model is no longer saved here. Open it again.');
  const source = await store.openKept(id, options);
  return { source: tellWhole(source, options), origin: kept.from, keptId: id };
}

/** Of a model that is here. */
function tellWhole<Source extends ModelSource>(source: Source, { onProgress }: LoadOptions): Source {
  const { totalBytes } = factsOf(source);
  onProgress(totalBytes, totalBytes);
  return source;
}

async function factsAt(url: string): Promise<ModelFacts | null> {
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  return openModelUrl(url, options).then(factsOf, () => null);
}
