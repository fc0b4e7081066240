import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders that a test file makes, to be removed at its end. */
export class TemporaryFolders {
  readonly #made: string[] = [];

  async make(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'unmask-test-'));
    this.#made.push(folder);
    return folder;
  }

  async remove(): Promise<void> {
    for (const folder of this.#made.splice(0)) await rm(folder, { recursive: true, force: true });
  }
}
