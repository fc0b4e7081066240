import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportCheckpoint } from '../../export/export-checkpoint';
import { openCheckpoint } from '../../src/checkpoint/checkpoint';
import { encodeHalves } from '../../src/checkpoint/floats';
import { openRepository } from '../../src/checkpoint/remote/hub';
import { planConversion } from '../../src/convert/conversion-plan';
import { planFiles } from '../../src/convert/plan-files';
import { streamWeights } from '../../src/convert/stream-weights';
import type { ManifestFile } from '../../src/model/format/manifest';
import { type TensorBytes, writeSafetensors } from '../export/write-safetensors';
import { FIXTURES } from '../families/fixtures';
import { filesIn } from '../files-in';
import { HubServer } from '../hub-server';
import { plainSafetensors } from '../reference/plain-safetensors';
import { TemporaryFolders } from '../temporary-folders';
import { diskWorkplace } from './disk-workplace';

/** Small enough that matrices are in parts. */
const FILE_BYTES = 30_000;
const PATIENCE = { stallMs: 5_000, waitsMs: [] };

const folders = new TemporaryFolders();
const hub = new HubServer();
beforeAll(() => hub.start());
afterAll(async () => {
  await hub.stop();
  await folders.remove();
});

const ENCODERS = {
  F32: (numbers: Float32Array) => new Uint8Array(numbers.buffer),
  F16: (numbers: Float32Array) => encodeHalves(numbers, 'a tensor'),
  BF16: (numbers: Float32Array) =>
    new Uint8Array(Uint16Array.from(new Uint32Array(numbers.buffer), (word) => word >>> 16).buffer),
};

/** Writes a fixture's checkpoint with its weights as another type, in so many files, with an index if there are several. */
async function writeAs(name: string, type: keyof typeof ENCODERS, shards: number, to: string): Promise<void> {
  const folder = `tests/fixtures/${name}`;
  const all = new Map<string, TensorBytes>();
  for (const [path, bytes] of filesIn(folder)) {
    if (/^model.*\.safetensors$/.test(path)) {
      const shapes = shapesIn(bytes);
      for (const [tensor, numbers] of await plainSafetensors(join(folder, path))) {
        all.set(tensor, { dtype: type, shape: shapes(tensor), bytes: ENCODERS[type](Float32Array.from(numbers)) });
      }
    } else if (/\.(json|jinja)$/.test(path) && !/^(greedy|model)/.test(path)) {
      await writeFile(join(to, path), bytes);
    }
  }
  const each = Math.ceil(all.size / shards);
  const map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const path = shards === 1 ? 'model.safetensors' : `model-0000${shard + 1}-of-0000${shards}.safetensors`;
    const some = new Map([...all].slice(shard * each, (shard + 1) * each));
    await writeSafetensors(join(to, path), some);
    for (const tensor of some.keys()) map[tensor] = path;
  }
  if (shards > 1) await writeFile(join(to, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
}

function shapesIn(file: Buffer): (tensor: string) => readonly number[] {
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))));
  return (tensor) => header[tensor].shape;
}

async function streamed(repository: string): Promise<ManifestFile[]> {
  const signal = new AbortController().signal;
  const address = { repository, revision: 'main', folder: '' };
  const { files } = await openRepository(address, hub.url, PATIENCE, signal);
  const checkpoint = await openCheckpoint(files, signal);
  const packing = { dtype: 'q4', embeddingDtype: 'q4' } as const;
  const plan = await planConversion(checkpoint, { id: 'model', packing });
  const planned = planFiles(plan.config.network, packing, FILE_BYTES);
  const workplace = diskWorkplace(await folders.make());
  const written = await streamWeights(plan, planned, checkpoint, workplace, { signal, onProgress: () => {} });
  files.close();
  return written;
}

describe.each(FIXTURES.map(({ folder }) => folder))('%s', (name) => {
  it.each((['BF16', 'F16', 'F32'] as const).flatMap((type) => [1, 3].map((shards) => [type, shards] as const)))(
    'stored as %s in %i files becomes what an export of it is',
    async (type, shards) => {
      const checkpoint = await folders.make();
      await writeAs(name, type, shards, checkpoint);
      const to = join(await folders.make(), 'model');
      const { files, weights } = await exportCheckpoint(checkpoint, to, 'q4', { fileBytes: FILE_BYTES });
      hub.repositories.set(`a/${name}`, filesIn(checkpoint));
      expect(await streamed(`a/${name}`)).toEqual(files.filter(({ path }) => weights.includes(path)));
    },
  );
});
