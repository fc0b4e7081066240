import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openModelFolder } from '../../src/library/model-folder';
import { publishedConfig } from '../long/published-config';
import { type RandomCheckpointOptions, writeRandomCheckpoint } from '../long/random-checkpoint';
import { TemporaryFolders } from '../temporary-folders';

/** Every field and tensor of the published checkpoints, at sizes that take no time. */
const CONFIG = {
  ...publishedConfig(4),
  vocab_size: 50,
  model_length: 32,
  hidden_dim: 24,
  n_heads: 2,
  n_blocks: 3,
  cond_dim: 8,
};

const folders = new TemporaryFolders();
let checkpoint: string;
beforeEach(async () => {
  checkpoint = await folders.make();
});
afterAll(() => folders.remove());

const write = (folder: string, change: Partial<RandomCheckpointOptions> = {}, config = CONFIG) =>
  writeRandomCheckpoint(folder, config, { seed: 1, dtype: 'F32', shards: 1, ...change });

async function weightsOf(folder: string): Promise<Buffer> {
  const model = join(await folders.make(), 'model');
  await exportCheckpoint(folder, model, 'f32');
  const file = await readFile(join(model, 'model.safetensors'));
  return file.subarray(8 + Number(file.readBigUInt64LE(0)));
}

it.each([4, 8, 16, 32])('is exported, with blocks of %i', async (blockSize) => {
  await write(checkpoint, {}, { ...CONFIG, block_size: blockSize });
  const model = join(await folders.make(), 'model');
  await exportCheckpoint(checkpoint, model, 'q8');
  const { config } = await openModelFolder(model);
  expect(config).toMatchObject({ blockSizes: [blockSize], defaultBlockSize: blockSize, maskId: 49, contextLength: 32 });
});

describe('the random checkpoint', () => {
  it('is the same bytes for the same seed, and others for another', async () => {
    const files = await write(checkpoint);
    const bytes = await readFile(join(checkpoint, 'model.safetensors'));
    expect(files).toEqual([
      { path: 'model.safetensors', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ]);
    expect(await write(checkpoint)).toEqual(files);
    expect(await write(checkpoint, { seed: 2 })).not.toEqual(files);
  });

  it('has the same numbers in shards, and their upper halves as BF16', async () => {
    await write(checkpoint);
    const whole = await weightsOf(checkpoint);
    const sharded = await folders.make();
    await write(sharded, { shards: 3 });
    expect((await readdir(sharded)).filter((name) => name.endsWith('of-00003.safetensors'))).toHaveLength(3);
    expect((await weightsOf(sharded)).equals(whole)).toBe(true);

    const halved = await folders.make();
    await write(halved, { dtype: 'BF16', shards: 2 });
    const words = (bytes: Buffer) => new Uint32Array(Uint8Array.from(bytes.subarray(0, 50 * 24 * 4)).buffer);
    // The embedding comes first and is folded with nothing.
    expect([...words(await weightsOf(halved))]).toEqual([...words(whole)].map((word) => (word & 0xffff0000) >>> 0));
  });
});
