import { expect, it } from 'vitest';
import { parseModelConfig } from '../../src/network/model-config';
import { CONFIG } from './small-folder';

it('takes a config', () => {
  expect(parseModelConfig(CONFIG)).toEqual(CONFIG);
  const withoutText = { ...CONFIG, bosId: null, eosId: null };
  expect(parseModelConfig(withoutText)).toEqual(withoutText);
});

it.each([null, undefined, 'text', 5])('refuses %s', (value) => {
  expect(() => parseModelConfig(value)).toThrowError('config.json: the file must be a JSON object.');
});

const NO_COUNTS = [undefined, null, 0, -1, 1.5, '8', Number.NaN, 2 ** 53];
const NO_POSITIVES = [undefined, null, 0, -1, '1', Number.NaN, Number.POSITIVE_INFINITY];

it.each([
  ['architecture', [undefined, 'gpt2']],
  ['vocabSize', NO_COUNTS],
  // 2 heads take it in pairs of numbers.
  ['hiddenSize', [...NO_COUNTS, 6, 9]],
  ['mlpSize', NO_COUNTS],
  ['layers', NO_COUNTS],
  ['heads', NO_COUNTS],
  ['contextLength', NO_COUNTS],
  ['ropeBase', NO_POSITIVES],
  ['normEpsilon', NO_POSITIVES],
  ['maskId', [undefined, null, -1, 98, 0.5, '97']],
  ['bosId', [undefined, -1, 98, 0.5, '0']],
  ['eosId', [undefined, -1, 98, 0.5, '0']],
  ['blockSizes', [undefined, null, 4, [], [0, 4], [4, 17], [4, '8'], [1.5, 4], [4, 1], [4, 4]]],
  ['defaultBlockSize', [...NO_COUNTS, 2]],
])('refuses a wrong %s', (field, values) => {
  for (const value of values) {
    expect(() => parseModelConfig({ ...CONFIG, [field]: value })).toThrowError(
      expect.objectContaining({
        code: 'bad-model',
        message: expect.stringContaining(`config.json: ${field} must be `),
      }),
    );
  }
});
