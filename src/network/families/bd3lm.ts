import type { Computed, Family, ReadTensor, Source } from '../family';
import { type ConfigFields, LARGEST } from '../fields';
import { DEFAULT_DECODING } from '../model-config';
import { hiddenSize, type Linear, type Network, type Norm } from '../network';
import { allStopIds } from '../stop-ids';

/** What the authors' code has as constants. */
const ROPE_BASE = 10_000;
const EPSILON = 1e-5;
const MLP_RATIO = 4;
/** Sinusoids that embed a noise level. */
const FREQUENCIES = 256;

/**
 * BD3-LM (`kuleshov-group/bd3lm-owt-block_size{4,8,16}`): LayerNorm, biased GELU MLP, untied head with bias.
 *
 * The adaLN of the published models has a constant input, as they are not told the noise level (`time_conditioning`
 * is false). So it is folded into the weights: a norm's scale and shift become its weight and bias, and the gate of
 * what it feeds scales the output rows of that.
 *
 * Source: `models/hf` of github.com/kuleshov-group/bd3lms.
 */
export const bd3lm: Family = {
  modelTypes: ['bd3lm'],
  tokenizerRepositories: { bd3lm: 'openai-community/gpt2' },
  endOfText: '<|endoftext|>',
  head: null,
  mlpTensor: 'backbone.blocks.0.mlp.0.weight',
  isUnused: (tensor) => ['sampling_eps_min', 'sampling_eps_max', 'backbone.rotary_emb.inv_freq'].includes(tensor),

  describe(fields, facts) {
    // A causal network sees only what is before a token: it is no diffusion model.
    fields.only('causal', [false]);
    // The noise level would be an input of every layer, and no constant to fold into the weights.
    fields.only('time_conditioning', [false]);
    const network = networkOf(fields, facts.mlpSize);
    const vocabSize = network.embedding.rows;
    const contextLength = fields.count('model_length', LARGEST.context);
    const defaultBlockSize = fields.count('block_size', contextLength);
    const blockSizes = fields.blockSizes('block_sizes', contextLength, [defaultBlockSize]);
    if (!blockSizes.includes(defaultBlockSize)) fields.refuse('block_size', 'one of block_sizes');
    return {
      modelType: 'bd3lm',
      network,
      vocabSize,
      chatVariables: {},
      contextLength,
      longestContext: contextLength,
      maskId: vocabSize - 1,
      bosId: facts.bosId,
      stopIds: allStopIds(fields, facts, vocabSize),
      blockSizes,
      defaultBlockSize,
      grid: 'start',
      decoding: DEFAULT_DECODING,
    };
  },

  sources({ network }, fields) {
    const adaln = hasAdaln(fields);
    const hidden = hiddenSize(network);
    const conditionSize = adaln ? fields.count('cond_dim', LARGEST.hidden) : 0;
    const folded = (modulation: string, parts: number, compute: (read: ReadTensor) => Float32Array): Computed => {
      return { needs: modulationTensors(modulation, parts * hidden, conditionSize), compute };
    };
    const sources = new Map<string, Source>([['embedding.weight', { tensor: 'backbone.vocab_embed.embedding' }]]);
    const norm = (ours: string, theirs: string, modulation: string, scale: number, parts = LAYER_PARTS) => {
      const weight = { tensor: `${theirs}.weight` };
      const scaled = (read: ReadTensor) => modulationOf(read, modulation, scale, hidden).map((value) => 1 + value);
      sources.set(`${ours}.weight`, adaln ? { ...weight, rowFactors: folded(modulation, parts, scaled) } : weight);
      if (!adaln) return;
      const shift = (read: ReadTensor) => modulationOf(read, modulation, scale - 1, hidden);
      sources.set(`${ours}.bias`, { computed: folded(modulation, parts, shift) });
    };
    const gated = (tensor: string, modulation: string, gate: number): Source => {
      const factors = (read: ReadTensor) => modulationOf(read, modulation, gate, hidden);
      return adaln ? { tensor, rowFactors: folded(modulation, LAYER_PARTS, factors) } : { tensor };
    };
    network.layers.forEach((_, index) => {
      const [ours, theirs] = [`layers.${index}`, `backbone.blocks.${index}`];
      const modulation = `${theirs}.adaLN_modulation`;
      norm(`${ours}.norm1`, `${theirs}.norm1`, modulation, ATTENTION.scale);
      sources.set(`${ours}.attention.qkv.weight`, { tensor: `${theirs}.attn_qkv.weight` });
      sources.set(`${ours}.attention.out.weight`, gated(`${theirs}.attn_out.weight`, modulation, ATTENTION.gate));
      norm(`${ours}.norm2`, `${theirs}.norm2`, modulation, MLP.scale);
      sources.set(`${ours}.mlp.up.weight`, { tensor: `${theirs}.mlp.0.weight` });
      sources.set(`${ours}.mlp.up.bias`, { tensor: `${theirs}.mlp.0.bias` });
      sources.set(`${ours}.mlp.down.weight`, gated(`${theirs}.mlp.2.weight`, modulation, MLP.gate));
      sources.set(`${ours}.mlp.down.bias`, gated(`${theirs}.mlp.2.bias`, modulation, MLP.gate));
    });
    const output = 'backbone.output_layer';
    norm('final_norm', `${output}.norm_final`, `${output}.adaLN_modulation`, ATTENTION.scale, OUTPUT_PARTS);
    sources.set('head.weight', { tensor: `${output}.linear.weight` });
    sources.set('head.bias', { tensor: `${output}.linear.bias` });
    return sources;
  },
};

/** Places of [hidden] each in the output of a layer's adaLN; a shift stands before its scale. */
const ATTENTION = { scale: 1, gate: 2 } as const;
const MLP = { scale: 4, gate: 5 } as const;
/** How many of them a layer has, and the norm before the head. */
const LAYER_PARTS = 6;
const OUTPUT_PARTS = 2;

function networkOf(fields: ConfigFields, mlpSize: number | null): Network {
  const hidden = fields.count('hidden_dim', LARGEST.hidden);
  const heads = fields.count('n_heads', LARGEST.heads);
  const headSize = hidden / heads;
  if (headSize % 2 !== 0) fields.refuse('hidden_dim', `a multiple of 2 · n_heads (${2 * heads})`);
  if (headSize > LARGEST.headSize) fields.refuse('hidden_dim', `at most ${LARGEST.headSize} · n_heads`);
  const mlp = mlpSize ?? MLP_RATIO * hidden;
  const embedding = { name: 'embedding.weight', rows: fields.count('vocab_size', LARGEST.vocabulary), columns: hidden };
  const biased = hasAdaln(fields);
  const norm = (name: string): Norm => ({
    kind: 'layer',
    weight: { name: `${name}.weight`, size: hidden },
    bias: biased ? { name: `${name}.bias`, size: hidden } : null,
    epsilon: EPSILON,
  });
  const linear = (name: string, rows: number, columns: number): Linear => ({
    weight: { name: `${name}.weight`, rows, columns },
    bias: { name: `${name}.bias`, size: rows },
  });
  const withoutBias = (name: string, rows: number): Linear => ({ ...linear(name, rows, hidden), bias: null });
  return {
    embedding,
    layers: Array.from({ length: fields.count('n_blocks', LARGEST.layers) }, (_, index) => ({
      attention: {
        norm: norm(`layers.${index}.norm1`),
        qkv: withoutBias(`layers.${index}.attention.qkv`, 3 * hidden),
        heads,
        kvHeads: heads,
        headSize,
        ropeBase: ROPE_BASE,
        headNorm: null,
        out: withoutBias(`layers.${index}.attention.out`, hidden),
      },
      mlp: {
        norm: norm(`layers.${index}.norm2`),
        up: linear(`layers.${index}.mlp.up`, mlp, hidden),
        activation: 'gelu-tanh' as const,
        down: linear(`layers.${index}.mlp.down`, hidden, mlp),
      },
    })),
    finalNorm: norm('final_norm'),
    head: linear('head', embedding.rows, hidden),
    cleanAttention: 'block',
    predicts: 'own',
  };
}

function hasAdaln(fields: ConfigFields): boolean {
  return fields.flag('adaln', true);
}

const CONDITION = ['backbone.sigma_map.mlp.0', 'backbone.sigma_map.mlp.2'] as const;

/** The tensors that an adaLN layer of so many outputs depends on, and their shapes. */
function modulationTensors(name: string, outputs: number, conditionSize: number): Map<string, readonly number[]> {
  const layers: [name: string, rows: number, columns: number][] = [
    [CONDITION[0], conditionSize, FREQUENCIES],
    [CONDITION[1], conditionSize, conditionSize],
    [name, outputs, conditionSize],
  ];
  return new Map(
    layers.flatMap(([name, rows, columns]): [string, readonly number[]][] => [
      [`${name}.weight`, [rows, columns]],
      [`${name}.bias`, [rows]],
    ]),
  );
}

/** One part [hidden] of what an adaLN layer gives. */
function modulationOf(read: ReadTensor, name: string, part: number, hidden: number): Float32Array {
  const rows = (kind: string, columns: number) =>
    read(`${name}.${kind}`).subarray(part * hidden * columns, (part + 1) * hidden * columns);
  const condition = conditionOf(read);
  return times(rows('weight', condition.length), condition, rows('bias', 1));
}

/** The input of every adaLN layer: silu(MLP(sinusoids of noise level 0)). */
function conditionOf(read: ReadTensor): Float32Array {
  // Cosines of 0, then its sines.
  const sinusoids = new Float32Array(FREQUENCIES).fill(1, 0, FREQUENCIES / 2);
  const linear = (name: string, x: Float32Array) => times(read(`${name}.weight`), x, read(`${name}.bias`));
  return CONDITION.reduce<Float32Array>((x, name) => linear(name, x).map(silu), sinusoids);
}

/** matrix [bias.length, x.length] · x + bias, summed in f64. */
function times(matrix: Float32Array, x: Float32Array, bias: Float32Array): Float32Array {
  return bias.map((start, row) =>
    x.reduce((sum, value, column) => sum + matrix[row * x.length + column]! * value, start),
  );
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}
