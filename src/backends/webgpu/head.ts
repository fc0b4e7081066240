import type { BufferSlice } from '../../gpu/buffers';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import { gatherRows } from '../../kernels/gather-rows';
import { layerNorm } from '../../kernels/layer-norm';
import { matmulFew } from '../../kernels/matmul-few';
import { sample } from '../../kernels/sample';
import type { ModelConfig } from '../../weights/model-config';
import type { HeadMemory } from './memory';
import type { NetworkWeights } from './weights';

/** From the residual stream `x` [rows, hidden] to the logits of the picked rows: gather, final norm, head. */
export function headKernels(
  pipelines: Pipelines,
  config: ModelConfig,
  weights: NetworkWeights,
  memory: HeadMemory,
  x: BufferSlice,
): Kernel[] {
  const { hiddenSize, vocabSize, normEpsilon } = config;
  const { pass, picks, picked, normed, logits } = memory;
  const norm = { columns: hiddenSize, epsilon: normEpsilon };
  return [
    gatherRows(pipelines, 'head.gather', { columns: hiddenSize }, { picks, x, y: picked }),
    layerNorm(pipelines, 'head.norm', norm, { pass, x: picked, ...weights.finalNorm, y: normed }),
    matmulFew(
      pipelines,
      'head.logits',
      { rows: vocabSize, columns: hiddenSize, epilogue: 'none' },
      { pass, x: normed, weights: weights.head.weight, bias: weights.head.bias, y: logits },
    ),
  ];
}

/** One draw from each row of the head's logits. */
export function samplerKernel(pipelines: Pipelines, config: ModelConfig, memory: HeadMemory): Kernel {
  const { pass, logits, picks, drawn } = memory;
  return sample(
    pipelines,
    'head.sample',
    { vocab: config.vocabSize, maskId: config.maskId },
    { pass, logits, picks, drawn },
  );
}
