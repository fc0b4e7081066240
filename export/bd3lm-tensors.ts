import { UnmaskError } from '../src/errors';
import type { ModelConfig } from '../src/weights/model-config';
import { TIMESTEP_FREQUENCIES } from './adaln';
import type { Checkpoint } from './checkpoint';

/** Reads a tensor by the checkpoint's name, row-major. */
export type ReadTensor = (name: string) => Promise<Float32Array>;

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
export function tensorReader(tensors: Checkpoint['tensors']): ReadTensor {
  return async (name) => {
    const numbers = await tensors.get(name)!.read();
    if (numbers.every(Number.isFinite)) return numbers;
    throw new UnmaskError('bad-model', `${name} holds something that is not a finite number. Take another checkpoint.`);
  };
}

/** Throws `bad-model` where a checkpoint's own RoPE frequencies are not those of the config's base. */
export async function checkRope(tensors: Checkpoint['tensors'], { ropeBase, hiddenSize, heads }: ModelConfig) {
  const frequencies = await tensors.get('backbone.rotary_emb.inv_freq')?.read();
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
