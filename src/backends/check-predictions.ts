import { UnmaskError } from '../errors';
import type { Prediction } from './backend';

/** In nats. Rounding over a vocabulary of 100,000 costs less, and a trained network is never so near to knowing nothing. */
const FLAT = 1e-3;

/**
 * Throws `bad-model` where predictions come from logits that cannot be right: numbers that are not finite, which
 * the samplers tell as a probability of −1, or all alike, as zeros left by memory that a device did not give.
 */
export function checkPredictions(
  predictions: readonly Pick<Prediction, 'probability' | 'entropy'>[],
  vocabSize: number,
): void {
  if (predictions.some(({ probability }) => !(probability >= 0)))
    fail('The network computed something that is not a number');
  const most = Math.log(vocabSize - 1);
  // With one token to choose from all is as it should be.
  if (most > 0 && predictions.some(({ entropy }) => entropy > most - FLAT)) {
    fail('The network finds every token equally likely');
  }
}

function fail(what: string): never {
  throw new UnmaskError(
    'bad-model',
    `${what}: the model is damaged, or this device computes wrongly. Load the model again, or choose another backend.`,
  );
}
