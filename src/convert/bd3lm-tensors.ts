import type { Checkpoint } from '../checkpoint/checkpoint';
import { UnmaskError } from '../errors';
import type { ModelConfig } from '../network/model-config';
import { TIMESTEP_FREQUENCIES } from './adaln';

/** Reads tensors by the checkpoint's names, row-major. Throws `bad-model`. */
export interface TensorReader {
  /** All of a tensor, which is meant to be a small one. */
  whole(name: string): Promise<Float32Array>;
  /** A few MB of whole rows at a time. A piece belongs to the caller until it asks for the next one. */
  rows(name: string): AsyncGenerator<Float32Array>;
}

/** Numbers in a piece of a tensor: 4 MB as f32. */
const PIECE = 2 ** 20;

/** What a checkpoint may hold besides its weights: the authors' buffers. */
const BUFFERS: ReadonlySet<string> = new Set(['sampling_eps_min', 'sampling_eps_max', 'backbone.rotary_emb.inv_freq']);

/**
 * Names and shapes of the weights of a BD3-LM checkpoint (`models/hf` of github.com/kuleshov-group/bd3lms).
 * `conditionSize` is that of the adaLN input, or null for a checkpoint without adaLN.
 */
export function bd3lmShapes(config: ModelConfig, conditionSize: number | null): Map<string, readonly number[]> {
  const { vocabSize, hiddenSize, mlpSize, layers } = config;
  const shapes = new Map<string, readonly number[]>([['backbone.vocab_embed.embedding', [vocabSize, hiddenSize]]]);
  const linear = (name: string, rows: number, columns: number) => {
    shapes.set(`${name}.weight`, [rows, columns]);
    shapes.set(`${name}.bias`, [rows]);
  };
  const adaln = (name: string, parts: number) => {
    if (conditionSize) linear(`${name}.adaLN_modulation`, parts * hiddenSize, conditionSize);
  };
  if (conditionSize) {
    linear('backbone.sigma_map.mlp.0', conditionSize, TIMESTEP_FREQUENCIES);
    linear('backbone.sigma_map.mlp.2', conditionSize, conditionSize);
  }
  for (let layer = 0; layer < layers; layer++) {
    const name = `backbone.blocks.${layer}`;
    shapes.set(`${name}.norm1.weight`, [hiddenSize]);
    shapes.set(`${name}.attn_qkv.weight`, [3 * hiddenSize, hiddenSize]);
    shapes.set(`${name}.attn_out.weight`, [hiddenSize, hiddenSize]);
    shapes.set(`${name}.norm2.weight`, [hiddenSize]);
    linear(`${name}.mlp.0`, mlpSize, hiddenSize);
    linear(`${name}.mlp.2`, hiddenSize, mlpSize);
    adaln(name, 6);
  }
  shapes.set('backbone.output_layer.norm_final.weight', [hiddenSize]);
  linear('backbone.output_layer.linear', vocabSize, hiddenSize);
  adaln('backbone.output_layer', 2);
  return shapes;
}

/** Throws `bad-model` naming the tensors that are missing, extra or of another shape. */
export function checkTensors(tensors: Checkpoint['tensors'], shapes: ReadonlyMap<string, readonly number[]>): void {
  const show = (shape: readonly number[]) => `[${shape.join(', ')}]`;
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors.keys()].filter((name) => !shapes.has(name) && !BUFFERS.has(name));
  const misshaped = [...shapes].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && show(found) !== show(shape) ? [`${name} is ${show(found)} and should be ${show(shape)}`] : [];
  });
  const faults = [
    ...misshaped,
    ...missing.map((name) => `${name} is missing`),
    ...extra.map((name) => `${name} is not part of such a model`),
  ];
  if (faults.length === 0) return;
  const more = faults.length > 5 ? `; and ${faults.length - 5} more` : '';
  throw new UnmaskError(
    'bad-model',
    `The weights do not fit config.json: ${faults.slice(0, 5).join('; ')}${more}. Save the checkpoint again.`,
  );
}

/** Reads the checkpoint's weights; throws `bad-model` where one holds something that is not a finite number. */
export function tensorReader(tensors: Checkpoint['tensors']): TensorReader {
  async function* pieces(name: string, most: number) {
    for await (const piece of tensors.get(name)!.pieces(most)) {
      for (let index = 0; index < piece.length; index++) if (!Number.isFinite(piece[index])) throw notFinite(name);
      yield piece;
    }
  }
  return {
    async whole(name) {
      const { shape } = tensors.get(name)!;
      return joined(pieces(name, PIECE), sizeOf(shape));
    },
    rows(name) {
      const columns = tensors.get(name)!.shape[1] ?? 1;
      return pieces(name, Math.max(1, Math.floor(PIECE / columns)) * columns);
    },
  };
}

function notFinite(name: string): UnmaskError {
  return new UnmaskError('bad-model', `${name} holds something that is not a finite number. Take another checkpoint.`);
}

async function joined(pieces: AsyncIterable<Float32Array>, length: number): Promise<Float32Array> {
  const numbers = new Float32Array(length);
  let from = 0;
  for await (const piece of pieces) {
    numbers.set(piece, from);
    from += piece.length;
  }
  return numbers;
}

/** How many numbers a tensor of this shape has. */
function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** Throws `bad-model` where a checkpoint's own RoPE frequencies are not those of the config's base. */
export async function checkRope(tensors: Checkpoint['tensors'], { ropeBase, hiddenSize, heads }: ModelConfig) {
  const entry = tensors.get('backbone.rotary_emb.inv_freq');
  const frequencies = entry && (await joined(entry.pieces(PIECE), sizeOf(entry.shape)));
  const headSize = hiddenSize / heads;
  // The tolerance is that of bf16.
  const isExpected = (frequency: number, i: number) =>
    Math.abs(frequency / ropeBase ** ((-2 * i) / headSize) - 1) < 0.01;
  if (!frequencies || frequencies.every(isExpected)) return;
  throw new UnmaskError(
    'bad-model',
    `backbone.rotary_emb.inv_freq is not that of base ${ropeBase}, the only one known.`,
  );
}
