/** Sizes of a BD3-LM as its config.json has them. */
export interface Bd3lmSizes {
  readonly vocab_size: number;
  readonly hidden_dim: number;
  readonly n_blocks: number;
  readonly adaln: boolean;
  readonly cond_dim: number;
}

/** Sinusoids that embed a noise level. */
const FREQUENCIES = 256;

/** Names and shapes of the weights of a BD3-LM checkpoint, in the order in which the authors' code has them. */
export function bd3lmShapes(config: Bd3lmSizes): Map<string, readonly number[]> {
  const { vocab_size: vocab, hidden_dim: hidden, n_blocks: blocks, adaln: hasAdaln, cond_dim: condition } = config;
  const shapes = new Map<string, readonly number[]>([['backbone.vocab_embed.embedding', [vocab, hidden]]]);
  const linear = (name: string, rows: number, columns: number) => {
    shapes.set(`${name}.weight`, [rows, columns]);
    shapes.set(`${name}.bias`, [rows]);
  };
  const adaln = (name: string, parts: number) => {
    if (hasAdaln) linear(`${name}.adaLN_modulation`, parts * hidden, condition);
  };
  if (hasAdaln) {
    linear('backbone.sigma_map.mlp.0', condition, FREQUENCIES);
    linear('backbone.sigma_map.mlp.2', condition, condition);
  }
  for (let block = 0; block < blocks; block++) {
    const name = `backbone.blocks.${block}`;
    shapes.set(`${name}.norm1.weight`, [hidden]);
    shapes.set(`${name}.attn_qkv.weight`, [3 * hidden, hidden]);
    shapes.set(`${name}.attn_out.weight`, [hidden, hidden]);
    shapes.set(`${name}.norm2.weight`, [hidden]);
    linear(`${name}.mlp.0`, 4 * hidden, hidden);
    linear(`${name}.mlp.2`, hidden, 4 * hidden);
    adaln(name, 6);
  }
  shapes.set('backbone.output_layer.norm_final.weight', [hidden]);
  linear('backbone.output_layer.linear', vocab, hidden);
  adaln('backbone.output_layer', 2);
  return shapes;
}
