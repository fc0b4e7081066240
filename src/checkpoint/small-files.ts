import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnmaskError } from '../errors';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON object of a checkpoint folder; undefined where there is no such file. Throws `bad-model`. */
export async function readJson(folder: string, name: string): Promise<JsonObject | undefined> {
  const bytes = await readIfThere(join(folder, name));
  return bytes && parseJsonObject(name, bytes);
}

/** Throws `bad-model` naming the file where the bytes are not a JSON object. */
export function parseJsonObject(name: string, bytes: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below.
  }
  throw new UnmaskError('bad-model', `${name} is not a JSON object. Save the checkpoint again.`);
}

/** The bytes of a file; undefined where there is none. Throws `bad-model` for one that cannot be read. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw new UnmaskError('bad-model', `${path} cannot be read: ${error}.`);
  }
}
