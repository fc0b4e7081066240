import { type Manifest, MODEL_FILES } from '../format/manifest';
import { download } from './download';
import { fileUrl } from './file-url';
import type { ModelSource } from './model-source';
import { openModelSource } from './open-model-source';

export interface OpenUrlOptions {
  /** Ends the opening; `read` has its own. */
  readonly signal: AbortSignal;
  /** Told with 0 loaded bytes once the manifest is there, then with each piece of a file. */
  readonly onProgress: OnProgress;
}

type OnProgress = (loadedBytes: number, totalBytes: number) => void;

/** Every load reads these and the weights. */
const READ_BY_ALL: readonly string[] = [MODEL_FILES.tokenizer, MODEL_FILES.tokenizerConfig];

/**
 * Opens a model folder on a server. `modelUrl` is as `modelFolderUrl` gives it.
 * Throws `network`, `bad-model`, `out-of-memory` or the AbortError of `signal`.
 */
export function openModelUrl(modelUrl: string, options: OpenUrlOptions): Promise<ModelSource> {
  return openModelFiles((path) => fileUrl(path, modelUrl), options);
}

/** Opens a model folder whose files have URLs of their own. Throws as `openModelUrl`, and what `urlOf` throws. */
export async function openModelFiles(
  urlOf: (path: string) => URL,
  { signal, onProgress }: OpenUrlOptions,
): Promise<ModelSource> {
  let count = (_path: string, _loadedBytes: number): void => {};
  const source = await openModelSource(
    async (path, limit, signal) => download(urlOf(path), limit, (loaded) => count(path, loaded), signal),
    signal,
  );
  count = byteCounter(source.manifest, onProgress);
  return source;
}

/**
 * Adds up what has come of each file. The total is the bytes of what every load reads, and of any other file, which
 * is small, from when its reading begins; when all is read the two numbers are the same.
 */
function byteCounter(
  { files, weights }: Manifest,
  onProgress: OnProgress,
): (path: string, loadedBytes: number) => void {
  const readByAll = [...READ_BY_ALL, ...weights];
  const loaded = new Map<string, number>();
  const tell = () => {
    const counted = files.filter(({ path }) => readByAll.includes(path) || loaded.has(path));
    onProgress(
      counted.reduce((sum, { path }) => sum + (loaded.get(path) ?? 0), 0),
      counted.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  };
  tell();
  return (path, loadedBytes) => {
    // A file that is read a second time counts once.
    loaded.set(path, Math.max(loadedBytes, loaded.get(path) ?? 0));
    tell();
  };
}
