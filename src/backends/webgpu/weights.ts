import { UnmaskError } from '../../errors';
import type { BufferSlice, Buffers } from '../../gpu/buffers';
import type { InputNorm } from '../../kernels/input-norm';
import type { Lanes } from '../../kernels/lanes';
import type { Matrix } from '../../kernels/matrix';
import { packQkvVectors, type QkvVectors } from '../../kernels/qkv-vectors';
import type { HeadNorm } from '../../kernels/rope';
import type { Attention, Linear, Network, Norm } from '../../network/network';
import type { GpuMatrixPart, GpuWeights } from '../../onnx/gpu-weights';

/** A norm's vectors beside what sort of norm it is. */
export type NormWeights = InputNorm;

/** W [output features, input features], and a bias [output features] f32. */
export interface LinearWeights {
  readonly weight: Matrix;
  readonly bias: BufferSlice | undefined;
}

/** One layer of the network. */
export interface LayerWeights {
  readonly norm1: NormWeights;
  readonly qkv: LinearWeights;
  readonly headNorm: HeadNorm | undefined;
  /** Norm (of several lanes), bias and head norm for `projectQkv`. */
  readonly qkvVectors: QkvVectors | undefined;
  readonly out: LinearWeights;
  readonly norm2: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** The rows of a matrix that is too large for one binding. */
export type MatrixParts = readonly GpuMatrixPart[];

export interface NetworkWeights {
  /** [vocab, hidden] */
  readonly embedding: MatrixParts;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: NormWeights;
  /** [vocab, hidden] */
  readonly head: { readonly weight: MatrixParts; readonly bias: BufferSlice | undefined };
}

export interface WeightsPlace {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly lanes: Lanes;
}

/** Puts the buffers of `loadGpuWeights` into the places of the network. */
export function networkWeights(stored: GpuWeights, network: Network, place: WeightsPlace): NetworkWeights {
  const norm = ({ kind, weight, bias, epsilon }: Norm): NormWeights => ({
    kind,
    weight: stored.vector(weight),
    bias: bias ? stored.vector(bias) : undefined,
    epsilon,
  });
  const linear = ({ weight, bias }: Linear): LinearWeights => {
    const [part, ...others] = stored.matrix(weight);
    if (!part || others.length > 0) {
      throw new UnmaskError(
        'out-of-memory',
        `${weight.name} is larger than this GPU binds at once. Take a smaller model, or choose the wasm backend.`,
      );
    }
    return { weight: part.values, bias: bias ? stored.vector(bias) : undefined };
  };
  const layers = network.layers.map(({ attention, mlp }, index): LayerWeights => {
    const norm1 = norm(attention.norm);
    const qkv = linear(attention.qkv);
    const headNorm = headNormOf(attention, stored);
    const shape = { ...attention, columns: attention.qkv.weight.columns };
    const parts = { norm: place.lanes > 1 ? norm1 : undefined, bias: qkv.bias, headNorm };
    return {
      norm1,
      qkv,
      headNorm,
      qkvVectors: packQkvVectors(place.device, place.buffers, `layer${index}.attention.vectors`, shape, parts),
      out: linear(attention.out),
      norm2: norm(mlp.norm),
      up: linear(mlp.up),
      down: linear(mlp.down),
    };
  });
  return {
    embedding: stored.matrix(network.embedding),
    layers,
    finalNorm: norm(network.finalNorm),
    head: {
      weight: stored.matrix(network.head.weight),
      bias: network.head.bias ? stored.vector(network.head.bias) : undefined,
    },
  };
}

function headNormOf({ headNorm }: Attention, stored: GpuWeights): HeadNorm | undefined {
  if (!headNorm) return undefined;
  const { q, k } = headNorm;
  return { q: stored.vector(q.weight), k: stored.vector(k.weight), epsilon: q.epsilon };
}
