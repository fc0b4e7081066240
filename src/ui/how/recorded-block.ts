/**
 * One block as the embedded model wrote it, the third of
 *
 *   npm run -s generate -- --model public/models/stories --backend wasm \
 *     --prompt $'Children\'s tale: The Lost Kite\n\n' --max-tokens 64 --block-size 16 \
 *     --policy first-hitting --temperature 0.8 --top-p 0.95 --seed 1 --json
 *
 * First-hitting draws by lot which place is next and asks the network only what stands there. So its order,
 * backwards, is also one in which noise may come, and every state between has a recorded guess.
 */
export const RECORDED_BLOCK: RecordedBlock = {
  before: 'Once upon a time, there was a little little boy named Stine. He lived in a small village',
  tokens: [
    ' surrounded',
    ' by',
    ' green',
    ' hills',
    ' and',
    ' his',
    ' family',
    '.',
    ' One',
    ' day',
    ',',
    ' while',
    ' wandering',
    ' through',
    ' the',
    ' forest',
  ],
  reveals: [
    { position: 8, probability: 0.009 },
    { position: 5, probability: 0.228 },
    { position: 13, probability: 0.008 },
    { position: 12, probability: 0.64 },
    { position: 3, probability: 0.243 },
    { position: 2, probability: 0.758 },
    { position: 0, probability: 0.91 },
    { position: 11, probability: 0.985 },
    { position: 4, probability: 0.682 },
    { position: 1, probability: 0.994 },
    { position: 15, probability: 0.375 },
    { position: 9, probability: 0.633 },
    { position: 14, probability: 0.983 },
    { position: 7, probability: 0.998 },
    { position: 10, probability: 0.998 },
    { position: 6, probability: 0.479 },
  ],
};

export interface RecordedBlock {
  /** The text that was there before it. */
  readonly before: string;
  readonly tokens: readonly string[];
  /** In the order of uncovering, one a pass: the place in the block, and how sure the model was of what it drew. */
  readonly reveals: readonly Reveal[];
}

export interface Reveal {
  readonly position: number;
  readonly probability: number;
}
