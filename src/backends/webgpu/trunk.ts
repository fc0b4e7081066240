import type { BufferSlice } from '../../gpu/buffers';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { blockAttention } from '../../kernels/block-attention';
import { embedding } from '../../kernels/embedding';
import { layerNorm } from '../../kernels/layer-norm';
import { matmulFew } from '../../kernels/matmul-few';
import { matmulMany } from '../../kernels/matmul-many';
import { mergeAttention } from '../../kernels/merge-attention';
import { prefillAttention } from '../../kernels/prefill-attention';
import { rope } from '../../kernels/rope';
import type { ModelConfig } from '../../weights/model-config';
import type { Activations, AttentionParts, LayerCache } from './memory';
import type { NetworkWeights } from './weights';

export interface TrunkInputs {
  readonly pipelines: Pipelines;
  readonly config: ModelConfig;
  readonly weights: NetworkWeights;
  readonly cache: readonly LayerCache[];
  /** See `allocateTurns`. */
  readonly turns: BufferSlice;
  readonly activations: Activations;
}

/** From ids to the residual stream after the last layer, for passes of few rows. */
export function fewRowsTrunk(inputs: TrunkInputs, parts: AttentionParts, tile: number): Kernel[] {
  const { pipelines, config, activations } = inputs;
  const shape = attentionShape(config);
  return trunk(inputs, matmulFew, (label, { keys, values }) => {
    const { pass, q, h } = activations;
    return [
      blockAttention(
        pipelines,
        label,
        { ...shape, ringCapacity: config.contextLength, tile },
        { pass, q, keys, values, ...parts },
      ),
      mergeAttention(pipelines, `${label}.merge`, shape, { pass, ...parts, out: h }),
    ];
  });
}

/** The same for passes of many rows. */
export function manyRowsTrunk(inputs: TrunkInputs): Kernel[] {
  const { pipelines, config, activations } = inputs;
  return trunk(inputs, matmulMany, (label, { keys, values }) => {
    const { pass, q, h } = activations;
    return [prefillAttention(pipelines, label, attentionShape(config), { pass, q, keys, values, out: h })];
  });
}

function attentionShape({ heads, hiddenSize }: ModelConfig) {
  return { heads, headSize: hiddenSize / heads };
}

/** The paper's network, kernel by kernel; shapes beside the buffers in `Activations`. */
function trunk(
  { pipelines, config, weights, cache, turns, activations }: TrunkInputs,
  matmul: typeof matmulFew,
  attend: (label: string, cache: LayerCache) => Kernel[],
): Kernel[] {
  const { hiddenSize, mlpSize, normEpsilon } = config;
  const { pass, ids, x, h, qkv, q, up } = activations;
  const norm = { columns: hiddenSize, epsilon: normEpsilon };
  const kernels = [
    embedding(pipelines, 'embedding', { columns: hiddenSize }, { pass, ids, weights: weights.embedding, y: x }),
  ];
  weights.layers.forEach((layer, index) => {
    const name = `layer${index}`;
    const { keys, values } = cache[index]!;
    kernels.push(
      layerNorm(pipelines, `${name}.norm1`, norm, { pass, x, ...layer.norm1, y: h }),
      matmul(
        pipelines,
        `${name}.attention.qkv`,
        { rows: 3 * hiddenSize, columns: hiddenSize, epilogue: 'none' },
        { pass, x: h, weights: layer.qkv, y: qkv },
      ),
      rope(pipelines, `${name}.attention.rope`, attentionShape(config), { pass, qkv, turns, q, keys, values }),
      ...attend(`${name}.attention`, { keys, values }),
      matmul(
        pipelines,
        `${name}.attention.out`,
        { rows: hiddenSize, columns: hiddenSize, epilogue: 'add' },
        { pass, x: h, weights: layer.out, y: x },
      ),
      layerNorm(pipelines, `${name}.norm2`, norm, { pass, x, ...layer.norm2, y: h }),
      matmul(
        pipelines,
        `${name}.mlp.up`,
        { rows: mlpSize, columns: hiddenSize, epilogue: 'gelu' },
        { pass, x: h, weights: layer.up.weight, bias: layer.up.bias, y: up },
      ),
      matmul(
        pipelines,
        `${name}.mlp.down`,
        { rows: hiddenSize, columns: mlpSize, epilogue: 'add' },
        { pass, x: up, weights: layer.down.weight, bias: layer.down.bias, y: x },
      ),
    );
  });
  return kernels;
}
