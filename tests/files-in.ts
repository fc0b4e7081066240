import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a folder, by name. */
export function filesIn(folder: string): Map<string, Buffer> {
  return new Map(readdirSync(folder).map((path) => [path, readFileSync(join(folder, path))]));
}
