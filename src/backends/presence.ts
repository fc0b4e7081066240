/**
 * The logits [vocab] that an id is drawn from: the model's presence penalty is taken off those of ids that the written
 * text has already, in its finished blocks or in the one that is being written. What the prompt has is not counted, or
 * a story would leave its title. `penalise` of shaders/sample.wgsl does the same.
 *
 * Source: "presence_penalty" of OpenAI's API; Qwen3 recommends it against endless repetition.
 */
export function penalised(logits: Float32Array, written: ReadonlySet<number>, penalty: number): Float32Array {
  const lower = logits.slice();
  for (const id of written) lower[id]! -= Math.fround(penalty);
  return lower;
}

/** The ids as a bit for each of the vocabulary: [vocab / 32] u32. */
export function packWritten(ids: ReadonlySet<number>, vocabSize: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(vocabSize / 32));
  for (const id of ids) words[id >>> 5]! |= 1 << (id & 31);
  return words;
}
