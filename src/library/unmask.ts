import { UnmaskError } from '../errors';
import { startClient } from '../worker/client';
import type { Model, OpenOptions } from './api';
import { folderOf } from './folder-of';
import type { ModelPlace } from './models';
import { openOn } from './open-on';
import { stories } from './stories';

export type { ErrorCode } from '../errors';
export { UnmaskError } from '../errors';
export type { Client, ClientFetchOptions, ClientLoadOptions, ClientOpenOptions } from '../worker/client';
export { startClient } from '../worker/client';
export type { ContextSize } from '../worker/protocol';
export type { WorkerEvents } from '../worker/worker-events';
export type * from './api';
export { folderOf } from './folder-of';
export type * from './models';
export { POLICY_NAMES } from './models';
export { stories } from './stories';
export type * from './texts';

/**
 * What `openModel` takes for a place: the URL of a model folder or a Hugging Face repository as text (a relative URL
 * begins with `/` or `.`), or the files of a folder, as `<input type="file" webkitdirectory>` gives them.
 */
export type ModelToOpen = string | URL | Iterable<File> | ModelPlace;

/** How a model is opened in a browser. */
export interface BrowserOpenOptions extends OpenOptions {
  /**
   * Starts the worker that the model runs in, of the module `unmask/worker`, for bundlers that do not find it and sites
   * that serve it from elsewhere. Default: from the file beside this one.
   */
  readonly worker?: (() => Worker) | undefined;
}

/**
 * Opens a model in a worker of its own. What has to be fetched or converted is kept in the browser's storage, where
 * there is one, and opens from there the next time.
 *
 * @param model - Where the model is. Default: the stories model that comes with this package (12 MB).
 * @param options - How it is opened.
 * @throws `bad-input` for a place that is none, `bad-model`, `network`, `no-webgpu`, `device-lost`, `out-of-memory`,
 *   `storage-full` or `cancelled`.
 */
export async function openModel(model: ModelToOpen = stories(), options: BrowserOpenOptions = {}): Promise<Model> {
  const { worker, ...others } = options;
  return openOn(startClient({}, worker), placeOf(model), others);
}

function placeOf(model: ModelToOpen): ModelPlace {
  if (typeof model === 'string') return { type: 'url', url: /^[./]/.test(model) ? absolute(model) : model };
  if (model instanceof URL) return { type: 'url', url: model.href };
  if (!(Symbol.iterator in model)) return model;
  const folder = folderOf(model);
  if (folder) return folder;
  throw new UnmaskError('bad-input', 'There are no files. Choose the folder of a model.');
}

function absolute(url: string): string {
  return new URL(url, globalThis.location?.href).href;
}
