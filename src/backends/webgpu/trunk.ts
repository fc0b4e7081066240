import type { BufferSlice } from '../../gpu/buffers';
import type { Constants } from '../../gpu/constants';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { attentionChunks, blockAttention } from '../../kernels/block-attention';
import { embedding } from '../../kernels/embedding';
import type { CacheDtype } from '../../kernels/kv-cache';
import type { Lanes } from '../../kernels/lanes';
import type { Epilogue } from '../../kernels/matmul';
import { matmulFew } from '../../kernels/matmul-few';
import { matmulMany } from '../../kernels/matmul-many';
import { mergeAttention } from '../../kernels/merge-attention';
import { norm } from '../../kernels/norm';
import { prefillAttention } from '../../kernels/prefill-attention';
import { fusesHeadNorm, projectQkv } from '../../kernels/project-qkv';
import { rope } from '../../kernels/rope';
import type { ModelConfig } from '../../network/model-config';
import { type Attention, hiddenSize, type Linear, type Mlp } from '../../network/network';
import type { Activations, AttentionParts, LayerCache } from './memory';
import type { LayerWeights, LinearWeights, NetworkWeights, NormWeights } from './weights';

export interface TrunkInputs {
  readonly pipelines: Pipelines;
  readonly constants: Constants;
  readonly config: ModelConfig;
  readonly weights: NetworkWeights;
  readonly cache: readonly LayerCache[];
  readonly cacheDtype: CacheDtype;
  /** See `allocateRopeTable`. */
  readonly ropeTable: BufferSlice;
  readonly activations: Activations;
  readonly lanes: Lanes;
}

/** A layer: what it is, its weights, and its share of the cache. */
interface LayerParts {
  /** `layer3` */
  readonly name: string;
  readonly attention: Attention;
  readonly mlp: Mlp;
  readonly weights: LayerWeights;
  readonly ring: LayerCache;
}

/** What differs between passes of few rows and of many. */
interface Projections {
  /** From the residual stream `x` to `q`, rotated, and to K and V in the ring: norm, projection, head norm, RoPE. */
  project(layer: LayerParts): readonly Kernel[];
  /** From `q` and the ring to `h`. */
  attend(layer: LayerParts): readonly Kernel[];
  /** From the residual stream `x` to `up`: norm, matmul and activation. */
  upProjection(layer: LayerParts): readonly Kernel[];
  /** Adds a · weightᵀ + bias to the residual stream `x`. */
  projectResidual(label: string, a: BufferSlice, linear: Linear, weights: LinearWeights): Kernel;
}

const EPILOGUE = { 'gelu-tanh': 'gelu', swiglu: 'swiglu' } as const satisfies Record<Mlp['activation'], Epilogue>;

/** Lanes of a layer's matmuls: on a GPU more than for the head, whose vocabulary has features enough to keep it busy. */
function lanesOfLayers(lanes: Lanes): Lanes {
  return lanes === 1 ? 1 : 32;
}

/** From ids to the residual stream after the last layer, for passes of few rows. */
export function fewRowsTrunk(inputs: TrunkInputs, parts: AttentionParts): Kernel[] {
  const { pipelines, constants, config, ropeTable, activations, lanes, cacheDtype: cache } = inputs;
  const { pass, x, h, q, up } = activations;
  const fusesNorms = lanes > 1 && hiddenSize(config.network) % 4 === 0;
  const layerLanes = lanesOfLayers(lanes);
  return trunk(inputs, {
    project(layer) {
      const { name, attention, weights, ring } = layer;
      const { heads, kvHeads, headSize, qkv } = attention;
      const { columns } = qkv.weight;
      const fits = columns % 4 === 0 && (!attention.headNorm || fusesHeadNorm(headSize, lanes));
      if (!fits) return projectInTwo(inputs, layer);
      const before = fusesNorms ? [] : [normed(inputs, `${name}.norm1`, weights.norm1)];
      // With a head norm a workgroup makes a whole head, which leaves room for few lanes.
      const shape = { heads, kvHeads, headSize, columns, cache, lanes: attention.headNorm ? lanes : layerLanes };
      const vectors = weights.qkvVectors;
      const buffers = { pass, x: fusesNorms ? x : h, weights: weights.qkv.weight, vectors, ropeTable, q, ...ring };
      return [...before, projectQkv(pipelines, `${name}.attention.qkv`, shape, buffers)];
    },
    attend: (layer) => attendInChunks(inputs, parts, layer),
    upProjection({ name, mlp, weights }) {
      const { rows, columns } = mlp.up.weight;
      const shape = { rows, columns, epilogue: EPILOGUE[mlp.activation], lanes: layerLanes } as const;
      const before = fusesNorms ? [] : [normed(inputs, `${name}.norm2`, weights.norm2)];
      const input = fusesNorms ? { x, norm: weights.norm2 } : { x: h };
      const { weight, bias } = weights.up;
      return [
        ...before,
        matmulFew(pipelines, `${name}.mlp.up`, shape, { constants, pass, ...input, weights: weight, bias, y: up }),
      ];
    },
    projectResidual(label, a, { weight: { rows, columns } }, { weight, bias }) {
      const shape = { rows, columns, epilogue: 'add', lanes: layerLanes } as const;
      return matmulFew(pipelines, label, shape, { constants, pass, x: a, weights: weight, bias, y: x });
    },
  });
}

/** The same for passes of many rows. */
export function manyRowsTrunk(inputs: TrunkInputs): Kernel[] {
  const { pipelines, constants, activations, cacheDtype: cache } = inputs;
  const { pass, x, q, h, up } = activations;
  return trunk(inputs, {
    project: (layer) => projectInTwo(inputs, layer),
    attend({ name, attention: { heads, kvHeads, headSize }, ring }) {
      const shape = { heads, kvHeads, headSize, cache };
      return [prefillAttention(pipelines, `${name}.attention`, shape, { pass, q, ...ring, out: h })];
    },
    upProjection({ name, mlp, weights }) {
      const { rows, columns } = mlp.up.weight;
      const shape = { rows, columns, epilogue: EPILOGUE[mlp.activation] } as const;
      const { weight, bias } = weights.up;
      return [
        normed(inputs, `${name}.norm2`, weights.norm2),
        matmulMany(pipelines, `${name}.mlp.up`, shape, { constants, pass, x: h, weights: weight, bias, y: up }),
      ];
    },
    projectResidual(label, a, { weight: { rows, columns } }, { weight, bias }) {
      const shape = { rows, columns, epilogue: 'add' } as const;
      return matmulMany(pipelines, label, shape, { constants, pass, x: a, weights: weight, bias, y: x });
    },
  });
}

/** A norm in a kernel of its own, from `x` to `h`. */
function normed({ pipelines, config, activations, lanes }: TrunkInputs, label: string, weights: NormWeights): Kernel {
  const { pass, x, h } = activations;
  const shape = { columns: hiddenSize(config.network), kind: weights.kind, epsilon: weights.epsilon, lanes };
  return norm(pipelines, label, shape, { pass, x, ...weights, y: h });
}

/** For any number of rows and features: norm, then q, k and v, then head norm and RoPE. */
function projectInTwo(inputs: TrunkInputs, { name, attention, weights, ring }: LayerParts): Kernel[] {
  const { pipelines, constants, ropeTable, activations, lanes, cacheDtype: cache } = inputs;
  const { heads, kvHeads, headSize, qkv: linear } = attention;
  const { pass, h, qkv, q } = activations;
  const { rows, columns } = linear.weight;
  const { weight, bias } = weights.qkv;
  const buffers = { pass, qkv, ropeTable, q, ...ring, headNorm: weights.headNorm };
  return [
    normed(inputs, `${name}.norm1`, weights.norm1),
    matmulMany(
      pipelines,
      `${name}.attention.qkv`,
      { rows, columns, epilogue: 'none' },
      { constants, pass, x: h, weights: weight, bias, y: qkv },
    ),
    rope(pipelines, `${name}.attention.rope`, { heads, kvHeads, headSize, cache, lanes }, buffers),
  ];
}

/** One dispatch where the ring is one chunk, otherwise two. */
function attendInChunks(
  inputs: TrunkInputs,
  { chunk, scores, sums, weights }: AttentionParts,
  { name, attention: { heads, kvHeads, headSize }, ring }: LayerParts,
): Kernel[] {
  const { pipelines, config, activations, lanes, cacheDtype: cache } = inputs;
  const { pass, q, h } = activations;
  const label = `${name}.attention`;
  const ringCapacity = config.contextLength;
  const shape = { heads, kvHeads, headSize, cache, ringCapacity, chunk, lanes };
  const attend = (to: BufferSlice) =>
    blockAttention(pipelines, label, shape, { pass, q, ...ring, scores, sums: to, weights });
  if (attentionChunks(shape) === 1) return [attend(h)];
  return [attend(sums), mergeAttention(pipelines, `${label}.merge`, shape, { pass, sums, weights, out: h })];
}

/** The network, kernel by kernel; shapes beside the buffers in `Activations`. */
function trunk({ pipelines, config, weights, cache, activations }: TrunkInputs, parts: Projections): Kernel[] {
  const { network } = config;
  const { pass, ids, x, h, up } = activations;
  const columns = hiddenSize(network);
  const kernels = weights.embedding.map(({ firstRow, rows, values }) =>
    embedding(pipelines, 'embedding', { columns, firstRow, rows }, { pass, ids, weights: values, y: x }),
  );
  network.layers.forEach(({ attention, mlp }, index) => {
    const layer = { name: `layer${index}`, attention, mlp, weights: weights.layers[index]!, ring: cache[index]! };
    kernels.push(
      ...parts.project(layer),
      ...parts.attend(layer),
      parts.projectResidual(`${layer.name}.attention.out`, h, attention.out, layer.weights.out),
      ...parts.upProjection(layer),
      parts.projectResidual(`${layer.name}.mlp.down`, up, mlp.down, layer.weights.down),
    );
  });
  return kernels;
}
