/** `config.json` of `kuleshov-group/bd3lm-owt-block_size{4,8,16,1024-pretrain}`, but for the size of the block. */
export function publishedConfig(blockSize: number) {
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

export type PublishedConfig = ReturnType<typeof publishedConfig>;
