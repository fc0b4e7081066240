import type { Backend } from '../../src/backends/backend';
import { type LoopModel, writeByLoop } from './ort-loop';
import type { TextRequest } from './text-request';

/** One way to write a text. The calls must not overlap. */
export interface Contestant {
  readonly name: string;
  /** Whether it computes in f32, and so must write the ids of the first. */
  readonly exact: boolean;
  /** Begins the text anew: its prompt is in the cache when this resolves. */
  prepare(): Promise<void>;
  /** Writes the first blocks of a text that was prepared; their ids. Resolves when the device is done. */
  write(blocks: number): Promise<readonly number[]>;
}

/** One of our backends, as the engine drives it. `settle` resolves once its device is done. */
export function backendContestant(
  backend: Backend,
  request: TextRequest,
  settle: () => Promise<unknown>,
  exact = true,
): Contestant {
  return {
    name: backend.name,
    exact,
    async prepare() {
      await begin(backend, request);
      await settle();
    },
    async write(blocks) {
      const ids: number[] = [];
      for await (const block of blocksOf(backend, request, blocks)) ids.push(...block);
      await settle();
      return ids;
    },
  };
}

/** The loop over onnxruntime-web's WebGPU provider. */
export function ortContestant(model: LoopModel, request: TextRequest, settle: () => Promise<unknown>): Contestant {
  return {
    name: 'ort-webgpu',
    exact: true,
    async prepare() {
      await begin(model, request);
      await settle();
    },
    async write(blocks) {
      const ids = await writeByLoop(model, request, blocks);
      await settle();
      return ids;
    },
  };
}

/** Puts the prompt into an empty cache. */
export async function begin(model: Pick<Backend, 'begin' | 'prefill'>, { promptIds, blockSize }: TextRequest) {
  model.begin(blockSize);
  if (promptIds.length > 0) await model.prefill(promptIds);
}

/** The ids of each block as it is finished, in a text that was begun on a backend. */
export async function* blocksOf(
  backend: Backend,
  { blockSize, policy, sampling, promptIds }: TextRequest,
  blocks: number,
): AsyncGenerator<readonly number[], void> {
  const { maskId } = backend.config;
  const first = Array<number>(blockSize).fill(maskId);
  const nfe = promptIds.length > 0 ? 1 : 0;
  const draft = [...first];
  const run = backend.writeBlocks({ first, blocks, policy, sampling, nfe }, new AbortController().signal);
  for await (const { reveal } of run) {
    for (const { position, id } of reveal) draft[position] = id;
    if (draft.includes(maskId)) continue;
    yield [...draft];
    draft.fill(maskId);
  }
}
