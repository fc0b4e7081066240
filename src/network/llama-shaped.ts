import type { CheckpointFacts, Source } from './family';
import { type ConfigFields, LARGEST } from './fields';
import type { ModelConfig } from './model-config';
import { type Attention, cacheWidth, type Linear, type Network, type Norm, queryWidth } from './network';
import { stopIdsOf } from './stop-ids';

/** What sets Llama, Qwen2 and Qwen3 apart, which are otherwise one network. */
export interface LlamaVariant {
  /** Biases of q, k and v, and of the output projection. */
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  /** What transformers takes for sizes that a config lacks, where it is another number than Llama's. */
  readonly usual?: { readonly kvHeads: number; readonly headSize?: number };
  /** RMSNorm over each head of q and k. */
  readonly headNorm: boolean;
  readonly cleanAttention: Network['cleanAttention'];
  readonly predicts: Network['predicts'];
}

/** From 1 to beyond which RoPE does not turn, and the epsilons at which a norm still says something. */
const ROPE_BASE = [1, 1e12] as const;
const EPSILON = [1e-12, 1] as const;

/**
 * The network of a config.json with the fields of transformers' LlamaConfig: RMSNorm, grouped-query attention with
 * RoPE, SwiGLU. Throws `bad-model` for a field with a value that is not implemented.
 *
 * Source: transformers, models/llama/modeling_llama.py, models/qwen2 and models/qwen3.
 */
function llamaShaped(fields: ConfigFields, { tiedHead }: CheckpointFacts, variant: LlamaVariant): Network {
  refuseOthers(fields);
  const hidden = fields.count('hidden_size', LARGEST.hidden);
  const mlp = fields.count('intermediate_size', LARGEST.mlp);
  const vocabulary = fields.count('vocab_size', LARGEST.vocabulary);
  const heads = fields.count('num_attention_heads', LARGEST.heads);
  const kvHeads = fields.count('num_key_value_heads', LARGEST.heads, variant.usual?.kvHeads ?? heads);
  if (heads % kvHeads !== 0) fields.refuse('num_key_value_heads', `a divisor of the ${heads} heads`);
  const headSize = fields.count('head_dim', LARGEST.headSize, variant.usual?.headSize ?? hidden / heads);
  if (headSize % 2 !== 0) fields.refuse('head_dim', 'an even number');
  const epsilon = fields.number('rms_norm_eps', ...EPSILON, 1e-6);
  const ropeBase = ropeBaseOf(fields);

  const norm = (name: string, size: number): Norm => ({
    kind: 'rms',
    weight: { name: `${name}.weight`, size },
    bias: null,
    epsilon,
  });
  const linear = (name: string, rows: number, columns: number, biased: boolean): Linear => ({
    weight: { name: `${name}.weight`, rows, columns },
    bias: biased ? { name: `${name}.bias`, size: rows } : null,
  });
  const attention = (name: string): Attention => ({
    norm: norm(`${name}.norm1`, hidden),
    qkv: linear(`${name}.attention.qkv`, (heads + 2 * kvHeads) * headSize, hidden, variant.qkvBias),
    heads,
    kvHeads,
    headSize,
    ropeBase,
    headNorm: variant.headNorm
      ? { q: norm(`${name}.attention.q_norm`, headSize), k: norm(`${name}.attention.k_norm`, headSize) }
      : null,
    out: linear(`${name}.attention.out`, hidden, heads * headSize, variant.outBias),
  });
  const embedding = { name: 'embedding.weight', rows: vocabulary, columns: hidden };
  return {
    embedding,
    layers: Array.from({ length: fields.count('num_hidden_layers', LARGEST.layers) }, (_, index) => ({
      attention: attention(`layers.${index}`),
      mlp: {
        norm: norm(`layers.${index}.norm2`, hidden),
        up: linear(`layers.${index}.mlp.up`, 2 * mlp, hidden, variant.mlpBias),
        activation: 'swiglu' as const,
        down: linear(`layers.${index}.mlp.down`, hidden, mlp, variant.mlpBias),
      },
    })),
    finalNorm: norm('final_norm', hidden),
    head: { weight: tiedHead ? embedding : { ...embedding, name: 'head.weight' }, bias: null },
    cleanAttention: variant.cleanAttention,
    predicts: variant.predicts,
  };
}

/** A stored head need not be the embedding. */
export const LLAMA_HEAD = { tensor: 'lm_head.weight', embedding: 'model.embed_tokens.weight' } as const;

/** What all families of this shape have in common. */
export const LLAMA_FAMILY = {
  tokenizerRepositories: {},
  endOfText: null,
  head: LLAMA_HEAD,
  mlpTensor: null,
  isUnused: isUnusedByLlama,
  sources: ({ network }: ModelConfig) => llamaSources(network),
} as const;

/** Where the weights of such a network are in a checkpoint that transformers saved. */
function llamaSources({ layers, head, embedding }: Network): Map<string, Source> {
  const sources = new Map<string, Source>([['embedding.weight', { tensor: LLAMA_HEAD.embedding }]]);
  layers.forEach(({ attention, mlp }, index) => {
    const [ours, theirs] = [`layers.${index}`, `model.layers.${index}`];
    const linear = (name: string, { bias }: Linear, source: (kind: 'weight' | 'bias') => Source) => {
      sources.set(`${ours}.${name}.weight`, source('weight'));
      if (bias) sources.set(`${ours}.${name}.bias`, source('bias'));
    };
    sources.set(`${ours}.norm1.weight`, { tensor: `${theirs}.input_layernorm.weight` });
    const qkvRows = { q: queryWidth(attention), k: cacheWidth(attention), v: cacheWidth(attention) };
    linear('attention.qkv', attention.qkv, (kind) => ({
      stack: Object.entries(qkvRows).map(([part, rows]) => {
        return { tensor: `${theirs}.self_attn.${part}_proj.${kind}`, rows };
      }),
    }));
    if (attention.headNorm) {
      sources.set(`${ours}.attention.q_norm.weight`, { tensor: `${theirs}.self_attn.q_norm.weight` });
      sources.set(`${ours}.attention.k_norm.weight`, { tensor: `${theirs}.self_attn.k_norm.weight` });
    }
    linear('attention.out', attention.out, (kind) => ({ tensor: `${theirs}.self_attn.o_proj.${kind}` }));
    sources.set(`${ours}.norm2.weight`, { tensor: `${theirs}.post_attention_layernorm.weight` });
    linear('mlp.up', mlp.up, (kind) => ({
      interleave: ['gate', 'up'].map((part) => `${theirs}.mlp.${part}_proj.${kind}`),
    }));
    linear('mlp.down', mlp.down, (kind) => ({ tensor: `${theirs}.mlp.down_proj.${kind}` }));
  });
  sources.set('final_norm.weight', { tensor: 'model.norm.weight' });
  if (head.weight !== embedding) sources.set('head.weight', { tensor: LLAMA_HEAD.tensor });
  return sources;
}

/** What every model of such a network has in common. */
export function llamaModel(
  modelType: string,
  fields: ConfigFields,
  facts: CheckpointFacts,
  variant: LlamaVariant,
): Omit<ModelConfig, 'maskId' | 'blockSizes' | 'defaultBlockSize' | 'grid' | 'decoding'> {
  const network = llamaShaped(fields, facts, variant);
  const vocabSize = network.embedding.rows;
  const longestContext = fields.count('max_position_embeddings', LARGEST.context, USUAL_CONTEXT);
  return {
    modelType,
    network,
    vocabSize,
    contextLength: Math.min(longestContext, USUAL_CONTEXT),
    longestContext,
    bosId: facts.addsBos ? facts.bosId : null,
    stopIds: stopIdsOf(fields, facts, vocabSize),
    chatVariables: {},
  };
}

/** RoPE's frequencies, which some checkpoints hold, and a stored copy of a tied head. */
function isUnusedByLlama(tensor: string): boolean {
  return tensor.endsWith('rotary_emb.inv_freq') || tensor === LLAMA_HEAD.tensor;
}

/** The tokens that one attention spans unless a person asks for others: more would take much memory for K and V. */
const USUAL_CONTEXT = 2048;

/** transformers 5 puts the base into `rope_parameters`, earlier ones have it as `rope_theta`. */
function ropeBaseOf(fields: ConfigFields): number {
  const parameters = fields.object('rope_parameters');
  parameters?.only('rope_type', ['default']);
  parameters?.only('type', ['default']);
  if (parameters && !parameters.has('rope_theta') && !fields.has('rope_theta')) {
    fields.refuse('rope_parameters', 'one object for all layers, with rope_theta');
  }
  const at = parameters?.has('rope_theta') ? parameters : fields;
  return at.number('rope_theta', ...ROPE_BASE, 10_000);
}

/** What a network of this kind may have and this one has not. */
function refuseOthers(fields: ConfigFields): void {
  fields.only('hidden_act', ['silu', 'swish']);
  fields.only('rope_interleaved', [false]);
  fields.only('partial_rotary_factor', [1]);
  fields.only('use_sliding_window', [false]);
  fields.only('quantization_config', []);
  for (const field of ['num_experts', 'num_local_experts', 'n_routed_experts']) fields.only(field, [0, 1]);
  const scaling = fields.object('rope_scaling');
  scaling?.only('rope_type', ['default']);
  scaling?.only('type', ['default']);
  if (scaling && !scaling.has('rope_type') && !scaling.has('type')) fields.only('rope_scaling', []);
  fields.onlyEach('layer_types', ['full_attention']);
}
