import { startBlock } from '../../src/backends/reveal-policies';
import type { OrtModel } from './ort-model';
import type { TextRequest } from './text-request';

/** The verbs that the loop needs. */
export type LoopModel = Pick<OrtModel, 'config' | 'position' | 'begin' | 'prefill' | 'denoiseStep' | 'commitBlock'>;

/**
 * Writes blocks after a prompt that is in the cache, and returns their ids: the loop that one writes today, a
 * pass and its logits at a time. The last block gets no clean pass.
 */
export async function writeByLoop(
  model: LoopModel,
  { promptIds, blockSize, policy, sampling }: TextRequest,
  blocks: number,
): Promise<number[]> {
  const { maskId } = model.config;
  const ids: number[] = [];
  let pass = promptIds.length > 0 ? 1 : 0;
  for (let block = 0; block < blocks; block++) {
    const draft = Array<number>(blockSize).fill(maskId);
    const start = { position: model.position, masked: blockSize, seed: sampling.seed };
    const { candidates, choose } = startBlock(policy, start);
    for (let step = 0; draft.includes(maskId); step++) {
      const masked = [...draft.keys()].filter((position) => draft[position] === maskId);
      const positions = candidates(masked, step);
      if (positions.length === 0) continue;
      const predictions = await model.denoiseStep({ ids: draft, positions, sampling, pass });
      pass++;
      for (const { position, id } of choose(predictions, step)) draft[position] = id;
    }
    ids.push(...draft);
    if (block === blocks - 1) break;
    await model.commitBlock(draft);
    pass++;
  }
  return ids;
}
