import type { BufferSlice, Buffers } from '../../gpu/buffers';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { ATTENTION_CHUNK, attentionChunks, blockAttention } from '../../kernels/block-attention';
import { embedding } from '../../kernels/embedding';
import type { InputNorm } from '../../kernels/input-norm';
import type { CacheDtype } from '../../kernels/kv-cache';
import type { Lanes } from '../../kernels/lanes';
import { matmulFew } from '../../kernels/matmul-few';
import { matmulMany } from '../../kernels/matmul-many';
import type { Matrix } from '../../kernels/matrix';
import { mergeAttention } from '../../kernels/merge-attention';
import { norm as normKernel } from '../../kernels/norm';
import { prefillAttention } from '../../kernels/prefill-attention';
import { projectQkv } from '../../kernels/project-qkv';
import { packQkvVectors } from '../../kernels/qkv-vectors';
import { rope } from '../../kernels/rope';
import type { ModelConfig } from '../../network/model-config';
import type { Activations, AttentionParts, LayerCache } from './memory';
import type { LayerWeights, NetworkWeights, NormWeights } from './weights';

export interface TrunkInputs {
  readonly pipelines: Pipelines;
  /** Owns what the kernels need beside the activations. */
  readonly buffers: Buffers;
  readonly config: ModelConfig;
  readonly weights: NetworkWeights;
  readonly cache: readonly LayerCache[];
  readonly cacheDtype: CacheDtype;
  /** See `allocateTurns`. */
  readonly turns: BufferSlice;
  readonly activations: Activations;
  readonly lanes: Lanes;
}

/** What differs between passes of few rows and of many. */
interface Parts {
  /** From the residual stream `x` to `q`, turned, and to K and V in the ring: norm, projection and RoPE. */
  project(name: string, layer: LayerWeights, ring: LayerCache): readonly Kernel[];
  /** From `q` and the ring to `h`. */
  attend(label: string, ring: LayerCache): readonly Kernel[];
  /** From the residual stream `x` to `up`: norm, matmul and GELU. */
  widen(name: string, layer: LayerWeights): readonly Kernel[];
  /** Adds a · weightsᵀ + bias to the residual stream `x`. */
  addTo(label: string, a: BufferSlice, columns: number, linear: { weight: Matrix; bias?: BufferSlice }): Kernel;
}

/** From ids to the residual stream after the last layer, for passes of few rows. */
export function fewRowsTrunk(inputs: TrunkInputs, parts: AttentionParts): Kernel[] {
  const { pipelines, buffers: owner, config, turns: ropeTable, activations, lanes } = inputs;
  const { pass, x, q, up } = activations;
  const { hiddenSize, mlpSize } = config;
  const normed = fusesNorms(inputs) ? normedWhenRead : normedBefore;
  return trunk(inputs, {
    project(name, layer, ring) {
      if (!fitsQkv(inputs)) return projectInTwo(inputs, name, layer, ring);
      const { before, x, norm } = normed(inputs, `${name}.norm1`, layer.norm1);
      const shape = { ...attentionShape(inputs), columns: hiddenSize };
      const vectors = packQkvVectors(pipelines.device, owner, `${name}.attention.vectors`, shape, { norm });
      const buffers = { pass, x, weights: layer.qkv, ropeTable, q, ...ring, vectors };
      return [...before, projectQkv(pipelines, `${name}.attention.qkv`, shape, buffers)];
    },
    attend: (label, ring) => attendInChunks(inputs, parts, label, ring),
    widen(name, { norm2, up: { weight, bias } }) {
      const { before, ...input } = normed(inputs, `${name}.norm2`, norm2);
      const shape = { rows: mlpSize, columns: hiddenSize, epilogue: 'gelu', lanes } as const;
      return [
        ...before,
        matmulFew(pipelines, `${name}.mlp.up`, shape, { pass, ...input, weights: weight, bias, y: up }),
      ];
    },
    addTo(label, a, columns, { weight, bias }) {
      const shape = { rows: hiddenSize, columns, epilogue: 'add', lanes } as const;
      return matmulFew(pipelines, label, shape, { pass, x: a, weights: weight, ...(bias && { bias }), y: x });
    },
  });
}

/** The same for passes of many rows. */
export function manyRowsTrunk(inputs: TrunkInputs): Kernel[] {
  const { pipelines, config, activations } = inputs;
  const { pass, x, q, h, up } = activations;
  const { hiddenSize, mlpSize } = config;
  return trunk(inputs, {
    project: (name, layer, ring) => projectInTwo(inputs, name, layer, ring),
    attend: (label, ring) => [prefillAttention(pipelines, label, attentionShape(inputs), { pass, q, ...ring, out: h })],
    widen(name, { norm2, up: { weight, bias } }) {
      const { before, ...input } = normedBefore(inputs, `${name}.norm2`, norm2);
      const shape = { rows: mlpSize, columns: hiddenSize, epilogue: 'gelu' } as const;
      return [
        ...before,
        matmulMany(pipelines, `${name}.mlp.up`, shape, { pass, ...input, weights: weight, bias, y: up }),
      ];
    },
    addTo(label, a, columns, { weight, bias }) {
      const shape = { rows: hiddenSize, columns, epilogue: 'add' } as const;
      return matmulMany(pipelines, label, shape, { pass, x: a, weights: weight, ...(bias && { bias }), y: x });
    },
  });
}

/** What a kernel reads where the residual stream is to be normalised, and the kernels to run before. */
interface NormedInput {
  readonly before: readonly Kernel[];
  readonly x: BufferSlice;
  readonly norm?: InputNorm;
}

/** The norm in a kernel of its own, from `x` to `h`. */
function normedBefore(
  { pipelines, config, activations, lanes }: TrunkInputs,
  label: string,
  norm: NormWeights,
): NormedInput {
  const { pass, x, h } = activations;
  const shape = { columns: config.hiddenSize, kind: 'layer', epsilon: config.normEpsilon, lanes } as const;
  return { before: [normKernel(pipelines, label, shape, { pass, x, ...norm, y: h })], x: h };
}

/** The norm within the kernel that reads `x`: one dispatch less. */
function normedWhenRead({ config, activations }: TrunkInputs, _label: string, norm: NormWeights): NormedInput {
  return { before: [], x: activations.x, norm: { kind: 'layer', ...norm, epsilon: config.normEpsilon } };
}

/** Whether `projectQkv` runs over so many features. */
function fitsQkv({ config }: TrunkInputs): boolean {
  return config.hiddenSize % 4 === 0;
}

/** Whether kernels can normalise what they read: in one that works alone it costs more than a dispatch. */
function fusesNorms(inputs: TrunkInputs): boolean {
  return inputs.lanes > 1 && fitsQkv(inputs);
}

/** For any number of rows and features: norm, then q, k and v, RoPE last. */
function projectInTwo(inputs: TrunkInputs, name: string, layer: LayerWeights, ring: LayerCache): Kernel[] {
  const { pipelines, config, turns: ropeTable, activations } = inputs;
  const { hiddenSize } = config;
  const { pass, qkv, q } = activations;
  const { before, ...input } = normedBefore(inputs, `${name}.norm1`, layer.norm1);
  const shape = { rows: 3 * hiddenSize, columns: hiddenSize, epilogue: 'none' } as const;
  return [
    ...before,
    matmulMany(pipelines, `${name}.attention.qkv`, shape, { pass, ...input, weights: layer.qkv, y: qkv }),
    rope(pipelines, `${name}.attention.rope`, attentionShape(inputs), { pass, qkv, ropeTable, q, ...ring }),
  ];
}

/** One dispatch where the ring is one chunk, otherwise two. */
function attendInChunks(
  inputs: TrunkInputs,
  { scores, sums, weights }: AttentionParts,
  label: string,
  ring: LayerCache,
): Kernel[] {
  const { pipelines, config, activations } = inputs;
  const { pass, q, h } = activations;
  const shape = { ...attentionShape(inputs), ringCapacity: config.contextLength, chunk: ATTENTION_CHUNK };
  const attend = (to: BufferSlice) =>
    blockAttention(pipelines, label, shape, { pass, q, ...ring, scores, sums: to, weights });
  if (attentionChunks(shape) === 1) return [attend(h)];
  return [attend(sums), mergeAttention(pipelines, `${label}.merge`, shape, { pass, sums, weights, out: h })];
}

function attentionShape({ config: { heads, hiddenSize }, cacheDtype, lanes }: TrunkInputs) {
  return { heads, kvHeads: heads, headSize: hiddenSize / heads, cache: cacheDtype, lanes };
}

/** The paper's network, kernel by kernel; shapes beside the buffers in `Activations`. */
function trunk({ pipelines, config, weights, cache, activations }: TrunkInputs, parts: Parts): Kernel[] {
  const { hiddenSize, mlpSize } = config;
  const { pass, ids, x, h, up } = activations;
  const kernels = [
    embedding(pipelines, 'embedding', { columns: hiddenSize }, { pass, ids, weights: weights.embedding, y: x }),
  ];
  weights.layers.forEach((layer, index) => {
    const name = `layer${index}`;
    const ring = cache[index]!;
    kernels.push(
      ...parts.project(name, layer, ring),
      ...parts.attend(`${name}.attention`, ring),
      parts.addTo(`${name}.attention.out`, h, hiddenSize, { weight: layer.out }),
      ...parts.widen(name, layer),
      parts.addTo(`${name}.mlp.down`, up, mlpSize, layer.down),
    );
  });
  return kernels;
}
