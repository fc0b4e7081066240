import type { JsonObject } from '../src/network/fields';

/** A model that people have, as its authors published it, without its numbers. */
export interface PublishedShape {
  /** On the Hugging Face hub. */
  readonly repository: string;
  readonly config: JsonObject;
  /** The other small files of the checkpoint that name tokens, by their names. Vocabularies are left out. */
  readonly files: Readonly<Record<string, JsonObject>>;
  /** Numbers of the weights that are stored. */
  readonly parameters: number;
  readonly dtype: 'F32' | 'BF16';
  readonly shards: number;
  /** Whether the head is stored beside the embedding, whatever config.json says. */
  readonly storesHead: boolean;
}

/** `config.json` of `kuleshov-group/bd3lm-owt-block_size{4,8,16,1024-pretrain}`, but for the size of the block. */
export function bd3lmConfig(blockSize: number) {
  return {
    adaln: true,
    architectures: ['BD3LM'],
    attn_backend: 'flex',
    auto_map: { AutoConfig: 'configuration_bd3lm.BD3LMConfig', AutoModelForMaskedLM: 'modeling_bd3lm.BD3LM' },
    block_size: blockSize,
    causal: false,
    cond_dim: 128,
    cross_attn: true,
    dropout: 0.1,
    hidden_dim: 768,
    model_length: 1_024,
    model_type: 'bd3lm',
    n_blocks: 12,
    n_heads: 12,
    return_dict: false,
    sampling_eps_max: 1.0,
    sampling_eps_min: 0.001,
    time_conditioning: false,
    torch_dtype: 'float32',
    transformers_version: '4.49.0',
    var_min: true,
    vocab_size: 50_258,
  };
}

export type Bd3lmConfig = ReturnType<typeof bd3lmConfig>;

/** What the configs of Qwen2 and Qwen3 have in common. */
const QWEN = {
  attention_dropout: 0.0,
  hidden_act: 'silu',
  initializer_range: 0.02,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1_000_000,
  sliding_window: null,
  use_sliding_window: false,
  vocab_size: 151_936,
} as const;

const QWEN_TOKENS = { endOfText: 151_643, imStart: 151_644, imEnd: 151_645 } as const;

/** Qwen's special tokens, and the mask that was added to them. */
function qwenFiles(mask: string, maskId: number, eosToken: string, maskIsNamed: boolean): PublishedShape['files'] {
  const { endOfText, imStart, imEnd } = QWEN_TOKENS;
  const ids = { '<|endoftext|>': endOfText, '<|im_start|>': imStart, '<|im_end|>': imEnd, [mask]: maskId };
  const flags = { lstrip: false, normalized: false, rstrip: false, single_word: false, special: true };
  return {
    'added_tokens.json': ids,
    'generation_config.json': {
      bos_token_id: endOfText,
      do_sample: true,
      eos_token_id: [imEnd, endOfText],
      pad_token_id: endOfText,
    },
    'tokenizer_config.json': {
      add_bos_token: false,
      add_prefix_space: false,
      added_tokens_decoder: Object.fromEntries(
        Object.entries(ids).map(([content, id]) => [String(id), { content, ...flags }]),
      ),
      bos_token: null,
      eos_token: eosToken,
      ...(maskIsNamed ? { mask_token: mask } : {}),
      model_max_length: 131_072,
      pad_token: '<|endoftext|>',
      tokenizer_class: 'Qwen2Tokenizer',
      unk_token: null,
    },
  };
}

function smolFiles(): PublishedShape['files'] {
  const flags = { lstrip: false, normalized: false, rstrip: false, single_word: false, special: true };
  const tokens = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
  return {
    'generation_config.json': { bos_token_id: 1, eos_token_id: 2, pad_token_id: 2 },
    'special_tokens_map.json': { bos_token: '<|im_start|>', eos_token: '<|im_end|>', pad_token: '<|im_end|>' },
    'tokenizer_config.json': {
      add_prefix_space: false,
      added_tokens_decoder: Object.fromEntries(tokens.map((content, id) => [String(id), { content, ...flags }])),
      bos_token: '<|im_start|>',
      eos_token: '<|im_end|>',
      model_max_length: 8_192,
      pad_token: '<|im_end|>',
      tokenizer_class: 'GPT2Tokenizer',
    },
  };
}

export const PUBLISHED_SHAPES = {
  'bd3lm-170M': {
    repository: 'kuleshov-group/bd3lm-owt-block_size4',
    config: bd3lmConfig(4),
    files: {},
    parameters: 169_627_218,
    dtype: 'F32',
    shards: 1,
    storesHead: true,
  },
  'Qwen3-0.6B-a2d': {
    repository: 'dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1',
    config: {
      ...QWEN,
      architectures: ['A2DQwen3LMHeadModel'],
      attention_bias: false,
      bos_token_id: 151_643,
      eos_token_id: 151_645,
      head_dim: 128,
      hidden_size: 1_024,
      intermediate_size: 3_072,
      layer_types: Array<string>(28).fill('full_attention'),
      max_position_embeddings: 40_960,
      max_window_layers: 28,
      model_type: 'a2d-qwen3',
      num_attention_heads: 16,
      num_hidden_layers: 28,
      num_key_value_heads: 8,
      tie_word_embeddings: true,
    },
    files: qwenFiles('<|mask|>', 151_669, '<|im_end|>', true),
    parameters: 751_632_384,
    dtype: 'BF16',
    shards: 1,
    storesHead: true,
  },
  'SDAR-1.7B': {
    repository: 'JetLM/SDAR-1.7B-Chat',
    config: {
      ...QWEN,
      architectures: ['SDARForCausalLM'],
      attention_bias: false,
      auto_map: {
        AutoConfig: 'configuration_sdar.SDARConfig',
        AutoModel: 'modeling_sdar.SDARModel',
        AutoModelForCausalLM: 'modeling_sdar.SDARForCausalLM',
      },
      bos_token_id: 151_643,
      eos_token_id: 151_643,
      head_dim: 128,
      hidden_size: 2_048,
      intermediate_size: 6_144,
      max_position_embeddings: 32_768,
      max_window_layers: 28,
      model_type: 'sdar',
      num_attention_heads: 16,
      num_hidden_layers: 28,
      num_key_value_heads: 8,
      tie_word_embeddings: false,
    },
    files: qwenFiles('<|MASK|>', 151_669, '<|endoftext|>', true),
    parameters: 2_031_739_904,
    dtype: 'BF16',
    shards: 2,
    storesHead: true,
  },
  'Fast-dLLM-v2-1.5B': {
    repository: 'Efficient-Large-Model/Fast_dLLM_v2_1.5B',
    config: {
      ...QWEN,
      architectures: ['Fast_dLLM_QwenForCausalLM'],
      auto_map: {
        AutoConfig: 'configuration.Fast_dLLM_QwenConfig',
        AutoModel: 'modeling.Fast_dLLM_QwenModel',
        AutoModelForCausalLM: 'modeling.Fast_dLLM_QwenForCausalLM',
      },
      bd_size: 32,
      bos_token_id: 151_643,
      eos_token_id: 151_645,
      hidden_size: 1_536,
      intermediate_size: 8_960,
      layer_types: Array<string>(28).fill('full_attention'),
      max_position_embeddings: 32_768,
      max_window_layers: 21,
      model_type: 'Fast_dLLM_Qwen',
      num_attention_heads: 12,
      num_hidden_layers: 28,
      num_key_value_heads: 2,
      tie_word_embeddings: true,
    },
    files: qwenFiles('|<MASK>|', 151_665, '<|im_end|>', false),
    parameters: 1_543_714_304,
    dtype: 'BF16',
    shards: 1,
    storesHead: false,
  },
  'SmolLM2-135M': {
    repository: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    config: {
      architectures: ['LlamaForCausalLM'],
      attention_bias: false,
      attention_dropout: 0.0,
      bos_token_id: 1,
      eos_token_id: 2,
      hidden_act: 'silu',
      hidden_size: 576,
      initializer_range: 1 / 24,
      intermediate_size: 1_536,
      is_llama_config: true,
      max_position_embeddings: 8_192,
      model_type: 'llama',
      num_attention_heads: 9,
      num_hidden_layers: 30,
      num_key_value_heads: 3,
      pad_token_id: 2,
      pretraining_tp: 1,
      rms_norm_eps: 1e-5,
      rope_interleaved: false,
      rope_scaling: null,
      rope_theta: 100_000,
      tie_word_embeddings: true,
      torch_dtype: 'bfloat16',
      use_cache: true,
      vocab_size: 49_152,
    },
    files: smolFiles(),
    parameters: 134_515_008,
    dtype: 'BF16',
    shards: 1,
    storesHead: false,
  },
} as const satisfies Record<string, PublishedShape>;

export type ShapeName = keyof typeof PUBLISHED_SHAPES;
