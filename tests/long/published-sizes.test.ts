import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShapeName } from '../../bench/published-shapes';
import { TemporaryFolders } from '../temporary-folders';
import { ShapeFolders } from './exported-shape';
import { measureText } from './run-measured';

const folders = new TemporaryFolders();
const shapes = new ShapeFolders(folders);
afterAll(async () => {
  await folders.remove();
  console.log(shapes.lines.join('\n'));
});

/** Blocks are tiny: a software GPU takes seconds for a pass. */
const WRITTEN: readonly (readonly [name: ShapeName, blockSize: number])[] = [
  ['SmolLM2-135M', 1],
  ['Qwen3-0.6B-a2d', 2],
];
const TOKENS = 4;
/** On idle cores they take a fifth of it. */
const TIMEOUT_MS = 480_000;

describe.each(WRITTEN)('%s from its checkpoint to text', (name, blockSize) => {
  let checkpoint: string;
  beforeAll(async () => {
    checkpoint = await shapes.checkpoint(name);
  }, TIMEOUT_MS);
  afterAll(() => rm(checkpoint, { recursive: true }));

  it.each(['q8', 'q4'] as const)(
    'as %s writes on both backends, the same where both compute in f32',
    { timeout: TIMEOUT_MS },
    async (dtype) => {
      const model = await shapes.model(name, checkpoint, dtype);
      const written: (readonly number[])[] = [];
      for (const backend of ['webgpu', 'wasm-f32', 'wasm'] as const) {
        const measured = await measureText(model, backend, blockSize, TOKENS);
        written.push(measured.ids);
        const { loadSeconds, baseMegabytes, peakMegabytes, writeSeconds, passes } = measured;
        shapes.lines.push(
          `${name} as ${dtype} on ${backend}: loaded in ${loadSeconds.toFixed(1)} s with ` +
            `${(peakMegabytes - baseMegabytes).toFixed(0)} MB at most, ${(writeSeconds / passes).toFixed(2)} s a pass`,
        );
      }
      await rm(model, { recursive: true });
      const [onWebgpu, onWasm, asBytes] = written;
      expect(onWebgpu).toHaveLength(TOKENS);
      expect(onWasm).toEqual(onWebgpu);
      // Bytes round otherwise, and random weights have no likely id.
      expect(asBytes).toHaveLength(TOKENS);
    },
  );
});
