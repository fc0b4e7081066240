import { join } from 'node:path';
import { expect } from 'vitest';
import { PUBLISHED_SHAPES, type ShapeName } from '../../bench/published-shapes';
import { exportCheckpoint } from '../../export/export-checkpoint';
import type { WeightDtype } from '../../src/model/format/packing';
import type { TemporaryFolders } from '../temporary-folders';
import { writePublishedShape } from './random-checkpoint';

/** MB of the largest file, above which some static hosts take none. */
const LARGEST_FILE = 25 * 2 ** 20;

/** Writes checkpoints of published shapes and exports them, and notes how long that took. */
export class ShapeFolders {
  readonly #folders: TemporaryFolders;
  /** For people to read. */
  readonly lines: string[] = [];

  constructor(folders: TemporaryFolders) {
    this.#folders = folders;
  }

  /** The folder of a new checkpoint. */
  async checkpoint(name: ShapeName): Promise<string> {
    const start = performance.now();
    const folder = join(await this.#folders.make(), 'checkpoint');
    await writePublishedShape(folder, name);
    this.lines.push(`${name}: checkpoint written in ${secondsSince(start)} s`);
    return folder;
  }

  /** The folder of its model, which was checked to be whole and fit for every host. */
  async model(name: ShapeName, checkpoint: string, dtype: WeightDtype): Promise<string> {
    const start = performance.now();
    const folder = join(await this.#folders.make(), 'model');
    const { files, parameters } = await exportCheckpoint(checkpoint, folder, dtype);
    const bytes = files.map((file) => file.bytes);
    const total = bytes.reduce((sum, each) => sum + each);
    this.lines.push(`${name} as ${dtype}: ${(total / 1e6).toFixed(0)} MB exported in ${secondsSince(start)} s`);
    expect(parameters).toBe(PUBLISHED_SHAPES[name].parameters);
    expect(Math.max(...bytes)).toBeLessThan(LARGEST_FILE);
    return folder;
  }
}

function secondsSince(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}
