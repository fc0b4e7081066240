import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STREAM, uniform } from '../../src/backends/random';
import { bd3lmShapes } from '../bd3lm-shapes';
import { floatTensor, type TensorBytes, writeSafetensors } from './write-safetensors';

/** The fields of a checkpoint's config.json that matter, as the authors name them. */
export const SMALL_CHECKPOINT = {
  model_type: 'bd3lm',
  vocab_size: 37,
  hidden_dim: 20,
  n_heads: 2,
  n_blocks: 2,
  model_length: 24,
  block_size: 3,
  adaln: false,
  cond_dim: 12,
  time_conditioning: false,
};

export type CheckpointConfig = typeof SMALL_CHECKPOINT;

/** The weights of a checkpoint with this config, drawn so that activations stay of size 1 or so. */
export function randomTensors(config: CheckpointConfig = SMALL_CHECKPOINT): Map<string, TensorBytes> {
  return new Map(
    [...bd3lmShapes(config)].map(([name, shape], index) => {
      const size = shape.reduce((a, b) => a * b);
      const spread = shape.length === 2 ? 1.5 / Math.sqrt(shape[1]!) : 0.2;
      const centre = name.includes('norm') ? 1 : 0;
      const draw = (_: unknown, i: number) => centre + spread * (2 * uniform(3, STREAM.token, index, i) - 1);
      return [name, floatTensor(shape, Float32Array.from({ length: size }, draw))];
    }),
  );
}

/** Writes a checkpoint folder; what is not given is as in `SMALL_CHECKPOINT`. */
export async function writeCheckpoint(
  folder: string,
  change: object = {},
  tensors: ReadonlyMap<string, TensorBytes> = randomTensors({ ...SMALL_CHECKPOINT, ...change }),
): Promise<void> {
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...SMALL_CHECKPOINT, ...change }));
  await writeSafetensors(join(folder, 'model.safetensors'), tensors);
}
