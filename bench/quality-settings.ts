import type { RevealPolicy } from '../src/backends/backend';
import type { TrainingDocument } from '../src/cli/documents';

/** What a text is asked for by. */
export type QualityPrompt = Pick<TrainingDocument, 'kind' | 'title'>;

/** A way to write that is measured. */
export interface QualitySetting {
  readonly policy: RevealPolicy;
  readonly blockSize: number;
}

const inSteps = (name: 'ancestral' | 'confidence', blockSize: number, steps: readonly number[]): QualitySetting[] =>
  steps.map((each) => ({ policy: { name, steps: each }, blockSize }));

const inThresholds = (blockSize: number, thresholds: readonly number[]): QualitySetting[] =>
  thresholds.map((threshold) => ({ policy: { name: 'threshold', threshold }, blockSize }));

/** From about one pass a token to a few tokens a pass, for every policy. */
export const QUALITY_SETTINGS: readonly QualitySetting[] = [
  // A block of one token is autoregression.
  { policy: { name: 'first-hitting' }, blockSize: 1 },
  { policy: { name: 'speculative' }, blockSize: 4 },
  ...inSteps('confidence', 4, [4, 2, 1]),
  ...inThresholds(4, [0.95, 0.9, 0.8, 0.7, 0.6, 0.5]),
  ...inSteps('confidence', 8, [8, 4, 2]),
  ...inThresholds(8, [0.95, 0.9, 0.8, 0.7, 0.6, 0.5]),
  { policy: { name: 'first-hitting' }, blockSize: 16 },
  ...inSteps('ancestral', 16, [16, 8, 4, 2]),
  ...inSteps('confidence', 16, [16, 8, 4, 2]),
  ...inThresholds(16, [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]),
  ...[0.1, 0.3, 1, 2].map((entropyBound) => ({ policy: { name: 'entropy', entropyBound } as const, blockSize: 16 })),
  ...inThresholds(32, [0.7, 0.5, 0.3]),
];

/** The same for every text. */
export const QUALITY_SAMPLING = { temperature: 0.8, topP: 0.95 } as const;

/** What the texts are about; one for each sample, from the first on again after the last. */
export const QUALITY_PROMPTS: readonly QualityPrompt[] = [
  { kind: "Children's tale", title: 'The Lost Kite' },
  { kind: 'Campfire story', title: 'The Lantern on Hollow Lake' },
  { kind: 'Bedtime story', title: 'The Owl Who Could Not Sleep' },
  { kind: 'Scene', title: 'The Letter in the Attic' },
  { kind: 'Picture book', title: 'Little Dog Goes to Market' },
  { kind: 'Short story', title: 'A lighthouse keeper who finds a message in a bottle' },
];
