import type { BufferSlice } from '../../gpu/buffers';
import type { Matrix } from '../../kernels/matrix';
import type { WeightDtype } from '../../model/format/packing';
import type { ModelConfig } from '../../network/model-config';

/** Scale and shift of a layer norm, [hidden] f32 each. */
export interface NormWeights {
  readonly weight: BufferSlice;
  readonly bias: BufferSlice;
}

/** W [output features, input features], and a bias [output features] f32. */
export interface LinearWeights {
  readonly weight: Matrix;
  readonly bias: BufferSlice;
}

/** One layer of the network. */
export interface LayerWeights {
  readonly norm1: NormWeights;
  /** [3 · hidden, hidden]: rows of q, then k, then v. */
  readonly qkv: Matrix;
  /** [hidden, hidden] */
  readonly out: Matrix;
  readonly norm2: NormWeights;
  /** [mlp, hidden] */
  readonly up: LinearWeights;
  /** [hidden, mlp] */
  readonly down: LinearWeights;
}

export interface NetworkWeights {
  /** [vocab, hidden] */
  readonly embedding: Matrix;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: NormWeights;
  /** [vocab, hidden] */
  readonly head: LinearWeights;
}

/** Puts the buffers of `loadGpuWeights` into the places of the network. */
export function networkWeights(
  stored: ReadonlyMap<string, BufferSlice>,
  config: ModelConfig,
  dtype: WeightDtype,
): NetworkWeights {
  const vector = (name: string): BufferSlice => {
    const slice = stored.get(name);
    if (!slice) throw new Error(`no weight ${name}`);
    return slice;
  };
  const matrix = (name: string): Matrix =>
    dtype === 'q8' || dtype === 'q4'
      ? { dtype, values: vector(`${name}.${dtype}`), scales: vector(`${name}.scale`) }
      : { dtype, values: vector(name) };
  const norm = (name: string): NormWeights => ({ weight: vector(`${name}.weight`), bias: vector(`${name}.bias`) });
  const linear = (name: string): LinearWeights => ({ weight: matrix(`${name}.weight`), bias: vector(`${name}.bias`) });
  const layer = (name: string): LayerWeights => ({
    norm1: norm(`${name}.norm1`),
    qkv: matrix(`${name}.attention.qkv.weight`),
    out: matrix(`${name}.attention.out.weight`),
    norm2: norm(`${name}.norm2`),
    up: linear(`${name}.mlp.up`),
    down: linear(`${name}.mlp.down`),
  });
  return {
    embedding: matrix('embedding.weight'),
    layers: Array.from({ length: config.layers }, (_, index) => layer(`layers.${index}`)),
    finalNorm: norm('final_norm'),
    head: linear('head'),
  };
}
