import { expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/engine/generation';
import { endOf, events, REQUEST, smallBackend } from './small-model';

const { sampling } = REQUEST;

it.each<[string, Partial<GenerationRequest>, string]>([
  ['a block size of no training', { blockSize: 5 }, 'not trained on block size 5. Choose 1, 2, 3 or 4.'],
  ['no tokens', { maxTokens: 0 }, 'must be a whole number of 1 or more, not 0'],
  ['half a token', { maxTokens: 1.5 }, 'not 1.5'],
  ['no end', { maxTokens: Number.POSITIVE_INFINITY }, 'not Infinity'],
  ['no steps', { policy: { name: 'confidence', steps: 0 } }, 'from 1 to the block size 4, not 0'],
  ['more steps than a block has tokens', { policy: { name: 'ancestral', steps: 5 } }, 'block size 4, not 5'],
  ['a threshold above 1', { policy: { name: 'threshold', threshold: 1.1 } }, 'from 0 to 1, not 1.1'],
  ['a threshold below 0', { policy: { name: 'threshold', threshold: -0.1 } }, 'not -0.1'],
  ['a threshold that is no number', { policy: { name: 'threshold', threshold: Number.NaN } }, 'not NaN'],
  [
    'an entropy bound below 0',
    { policy: { name: 'entropy', entropyBound: -0.1 } },
    'The entropy bound must be 0 nats or more, not -0.1.',
  ],
  ['no entropy bound at all', { policy: { name: 'entropy', entropyBound: Number.POSITIVE_INFINITY } }, 'not Infinity'],
  ['an entropy bound that is no number', { policy: { name: 'entropy', entropyBound: Number.NaN } }, 'not NaN'],
  ['cold below 0', { sampling: { ...sampling, temperature: -1 } }, 'The temperature must be 0 or more, not -1'],
  ['endless heat', { sampling: { ...sampling, temperature: Number.POSITIVE_INFINITY } }, 'not Infinity'],
  ['an empty nucleus', { sampling: { ...sampling, topP: 0 } }, 'Top-p must be above 0 and at most 1, not 0'],
  ['too large a nucleus', { sampling: { ...sampling, topP: 1.01 } }, 'not 1.01'],
  ['a seed of 33 bits', { sampling: { ...sampling, seed: 2 ** 32 } }, 'from 0 to 4294967295, not 4294967296'],
  ['a seed below 0', { sampling: { ...sampling, seed: -1 } }, 'not -1'],
  ['an id past the vocabulary', { promptIds: [1, 14] }, 'has id 14, and this model’s ids are 0 to 13'],
  ['an id that is no whole number', { promptIds: [0.5] }, 'has id 0.5'],
  ['the mask in the prompt', { promptIds: [1, 13] }, 'has the mask’s id 13'],
  ['a gap in a block before the last', { promptIds: [1, null, 3, 4, 5] }, 'Place 1 of the prompt is to be written'],
])('refuses %s', async (_, change, message) => {
  const backend = smallBackend();
  await expect(events(backend, change)).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining(message.replaceAll('’', "'")),
  });
  expect(backend.calls).toEqual([]);
});

it('names the only block size', async () => {
  const backend = smallBackend({ blockSizes: [4] });
  await expect(events(backend, { blockSize: 2 })).rejects.toThrow('Choose 4.');
});

it.each<[string, Partial<GenerationRequest>]>([
  ['the outermost thresholds', { policy: { name: 'threshold', threshold: 0 } }],
  ['the outermost threshold', { policy: { name: 'threshold', threshold: 1 } }],
  ['the least entropy bound', { policy: { name: 'entropy', entropyBound: 0 } }],
  ['an entropy bound above every entropy', { policy: { name: 'entropy', entropyBound: 1e9 } }],
  ['steps of the block size', { policy: { name: 'confidence', steps: 4 } }],
  ['the largest seed and no heat', { sampling: { temperature: 0, topP: 1, seed: 0xffff_ffff } }],
])('takes %s', async (_, change) => {
  expect(endOf(await events(smallBackend(), change)).ids).toHaveLength(8);
});
