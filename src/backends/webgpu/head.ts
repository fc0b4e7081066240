import type { BufferSlice } from '../../gpu/buffers';
import type { Constants } from '../../gpu/constants';
import type { Kernel, Pipelines } from '../../gpu/kernel';
import type { Lanes } from '../../kernels/lanes';
import { matmulFew } from '../../kernels/matmul-few';
import { norm } from '../../kernels/norm';
import { sample } from '../../kernels/sample';
import type { ModelConfig } from '../../network/model-config';
import { hiddenSize } from '../../network/network';
import type { HeadMemory } from './memory';
import type { NetworkWeights } from './weights';

/** From the residual stream `x` [rows, hidden] to the logits of the picked rows: final norm of these rows, then head. */
export function headKernels(
  pipelines: Pipelines,
  constants: Constants,
  { network, vocabSize }: ModelConfig,
  { finalNorm, head }: NetworkWeights,
  { pass, picks, normed, logits }: HeadMemory,
  x: BufferSlice,
  lanes: Lanes,
): Kernel[] {
  const columns = hiddenSize(network);
  const { kind, epsilon } = finalNorm;
  const parts = head.weight.map(({ firstRow, rows, values: weights }) => {
    const shape = { rows, columns, epilogue: 'none', lanes, yColumns: vocabSize, yOffset: firstRow } as const;
    return matmulFew(pipelines, 'head.logits', shape, {
      constants,
      pass,
      x: normed,
      weights,
      bias: head.bias,
      y: logits,
    });
  });
  return [
    norm(pipelines, 'head.norm', { columns, kind, epsilon, lanes }, { pass, x, picks, ...finalNorm, y: normed }),
    ...parts,
  ];
}

/** One draw from each row of the head's logits; `ids` are what the layers read. */
export function samplerKernel(
  pipelines: Pipelines,
  config: ModelConfig,
  memory: HeadMemory,
  ids: BufferSlice,
  lanes: Lanes,
): Kernel {
  const { pass, logits, picks, drawn, candidates, written } = memory;
  const { presencePenalty } = config.decoding;
  return sample(
    pipelines,
    'head.sample',
    { vocab: config.vocabSize, maskId: config.maskId, presencePenalty, lanes },
    { pass, logits, picks, drawn, candidates, written, ids },
  );
}
