import type { BufferSlice } from '../../gpu/buffers';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import type { Lanes } from '../../kernels/lanes';
import { matmulFew } from '../../kernels/matmul-few';
import { norm } from '../../kernels/norm';
import { sample } from '../../kernels/sample';
import type { ModelConfig } from '../../model/format/model-config';
import type { HeadMemory } from './memory';
import type { NetworkWeights } from './weights';

/** From the residual stream `x` [rows, hidden] to the logits of the picked rows: final norm of these rows, then head. */
export function headKernels(
  pipelines: Pipelines,
  config: ModelConfig,
  weights: NetworkWeights,
  memory: HeadMemory,
  x: BufferSlice,
  lanes: Lanes,
): Kernel[] {
  const { hiddenSize, vocabSize, normEpsilon } = config;
  const { pass, picks, normed, logits } = memory;
  const shape = { columns: hiddenSize, kind: 'layer', epsilon: normEpsilon, lanes } as const;
  return [
    norm(pipelines, 'head.norm', shape, { pass, x, picks, ...weights.finalNorm, y: normed }),
    matmulFew(
      pipelines,
      'head.logits',
      { rows: vocabSize, columns: hiddenSize, epilogue: 'none', lanes },
      { pass, x: normed, weights: weights.head.weight, bias: weights.head.bias, y: logits },
    ),
  ];
}

/** One draw from each row of the head's logits. */
export function samplerKernel(pipelines: Pipelines, config: ModelConfig, memory: HeadMemory, lanes: Lanes): Kernel {
  const { pass, logits, picks, drawn, candidates } = memory;
  return sample(
    pipelines,
    'head.sample',
    { vocab: config.vocabSize, maskId: config.maskId, lanes },
    { pass, logits, picks, drawn, candidates },
  );
}
