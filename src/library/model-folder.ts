import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnmaskError } from '../errors';
import type { ModelSource } from '../model/source/model-source';
import { openModelSource, type ReadFile, tooLong } from '../model/source/open-model-source';
import { readTokenizerFiles } from '../model/source/tokenizer-files';
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer';

/** Where the models are that come with the page. */
const EMBEDDED = fileURLToPath(new URL('../../public/models/', import.meta.url));

/** The folder of the stories model, which comes with the package. */
export const STORIES_FOLDER = join(EMBEDDED, 'stories');

/**
 * Opens a model folder on disk, or one that comes with the page by its name. Throws `bad-model`; its `read` throws that
 * or the AbortError of the signal.
 */
export function openModelFolder(nameOrFolder: string): Promise<ModelSource> {
  return openModelSource(readFolder(nameOrFolder));
}

/** Reads the files of a model folder on disk, or of one that comes with the page by its name. */
export function readFolder(nameOrFolder: string): ReadFile {
  const folder = folderOf(nameOrFolder);
  return async (path, limit, signal) => {
    try {
      const file = join(folder, path);
      if ((await stat(file)).size > limit) throw tooLong(path, limit);
      // A copy: Node may put what it reads into a buffer that it shares with others.
      return new Uint8Array(await readFile(file, signal ? { signal } : {}));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof UnmaskError) throw error;
      throw unreadable(folder, path, error);
    }
  };
}

/** A folder goes before a model of that name. */
function folderOf(nameOrFolder: string): string {
  const isName = /^[\w.-]+$/.test(nameOrFolder) && !existsSync(nameOrFolder);
  const embedded = join(EMBEDDED, nameOrFolder);
  return isName && existsSync(join(embedded, 'manifest.json')) ? embedded : nameOrFolder;
}

/** The model's tokenizer, or null for a model that runs on ids alone. Throws `bad-model` or the AbortError. */
export async function openTokenizer(source: ModelSource, signal?: AbortSignal): Promise<Tokenizer | null> {
  const files = await readTokenizerFiles(source, signal);
  return files && createTokenizer(source.config.vocabSize, ...files);
}

function unreadable(folder: string, path: string, cause: unknown): UnmaskError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const what = missing ? `${folder} has no ${path}` : `${join(folder, path)} cannot be read: ${cause}`;
  return new UnmaskError('bad-model', `${what}. Export a model to that folder with "npm run export".`, { cause });
}
