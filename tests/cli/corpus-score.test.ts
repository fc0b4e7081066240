import { expect, it } from 'vitest';
import { corpusScore } from '../../src/cli/corpus-score';

it('weighs every token the same, and takes the error over documents', () => {
  const score = corpusScore([
    { nats: 12, tokens: 4, bytes: 10 },
    { nats: 18, tokens: 8, bytes: 30 },
    { nats: 30, tokens: 8, bytes: 40 },
  ]);
  expect(score).toEqual({
    documents: 3,
    tokens: 20,
    bytes: 80,
    natsPerToken: 3,
    // Residuals 0, −6 and 6.
    standardError: Math.sqrt((3 / 2) * 72) / 20,
    perplexity: Math.exp(3),
    bitsPerByte: 60 / Math.log(2) / 80,
  });
});

it('of documents of one length, the error is that of the mean of their nats a token', () => {
  const perToken = [2.5, 3.5, 4, 3];
  const { standardError } = corpusScore(perToken.map((nats) => ({ nats: 7 * nats, tokens: 7, bytes: 20 })));
  const deviation = Math.sqrt(perToken.reduce((sum, nats) => sum + (nats - 3.25) ** 2, 0) / 3);
  expect(standardError).toBeCloseTo(deviation / 2, 12);
});

it('a single document has no error to tell', () => {
  expect(corpusScore([{ nats: 6, tokens: 2, bytes: 9 }])).toMatchObject({ natsPerToken: 3, standardError: null });
});
