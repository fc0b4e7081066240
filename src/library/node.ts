import { fileURLToPath } from 'node:url';
import { createClient } from '../worker/client';
import { openLocal } from '../worker/local-port';
import { createModels } from '../worker/models';
import type { Model, OpenOptions } from './api';
import { readFolder, STORIES_FOLDER } from './model-folder';
import type { ModelPlace } from './models';
import { gpuFor } from './node-gpu';
import { openOn } from './open-on';

export type { ErrorCode } from '../errors';
export { UnmaskError } from '../errors';
export type * from './api';
export type * from './models';
export { POLICY_NAMES } from './models';
export type * from './texts';

/**
 * What `openModel` takes for a place in Node: the path of a model folder, or the URL of one or of a Hugging Face
 * repository.
 */
export type ModelToOpen = string | URL | ModelPlace;

const models = createModels({ gpu: gpuFor, readFolder });

/**
 * Opens a model in Node, in this thread: on a GPU over the optional package `webgpu` (Dawn), or on the CPU. A checkpoint
 * is converted in memory, up to 1 GB, and lasts as long as the process. The CPU has one thread, or as many as the
 * environment variable `UNMASK_THREADS` says, at most four.
 *
 * @param model - Where the model is. Default: the stories model that comes with this package (12 MB).
 * @param options - How it is opened.
 * @throws `bad-input` for a place that is none, `bad-model`, `network`, `no-webgpu`, `device-lost`, `out-of-memory` or
 *   `cancelled`.
 */
export async function openModel(model: ModelToOpen = STORIES_FOLDER, options: OpenOptions = {}): Promise<Model> {
  return openOn(
    createClient(() => openLocal(models)),
    placeOf(model),
    options,
  );
}

function placeOf(model: ModelToOpen): ModelPlace {
  if (typeof model === 'string')
    return /^https?:/.test(model) ? { type: 'url', url: model } : { type: 'disk', path: model };
  if (!(model instanceof URL)) return model;
  return model.protocol === 'file:' ? { type: 'disk', path: fileURLToPath(model) } : { type: 'url', url: model.href };
}
