import { UnmaskError } from '../errors';

/**
 * `config.json` of a model folder: everything the engine must know about a model.
 * Sizes are counts; ids are token ids. `headSize · heads = hiddenSize`.
 */
export interface ModelConfig {
  readonly architecture: 'bd3lm';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly mlpSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Tokens one attention may span, the block being denoised included. */
  readonly contextLength: number;
  readonly ropeBase: number;
  readonly normEpsilon: number;
  /** The token that stands for "not yet known"; its logit is −∞ when sampling. */
  readonly maskId: number;
  /** Put before a prompt; null for a model without a tokenizer. */
  readonly bosId: number | null;
  /** Ends a document; the same id as `bosId` in the published models. */
  readonly eosId: number | null;
  /** The block sizes the model was trained on, ascending. */
  readonly blockSizes: readonly number[];
  readonly defaultBlockSize: number;
}

const COUNTS = ['vocabSize', 'hiddenSize', 'mlpSize', 'layers', 'heads', 'contextLength', 'defaultBlockSize'] as const;

/** Checks an untrusted value and returns it as a ModelConfig. Throws `bad-model` naming the field. */
export function parseModelConfig(value: unknown): ModelConfig {
  const fail = (field: string, expected: string): never => {
    throw new UnmaskError('bad-model', `config.json: ${field} must be ${expected}. Export the model again.`);
  };
  if (typeof value !== 'object' || value === null) return fail('the file', 'a JSON object');
  const config = value as Record<string, unknown>;
  if (config.architecture !== 'bd3lm') fail('architecture', '"bd3lm"');
  for (const field of COUNTS) {
    const count = config[field];
    if (!Number.isSafeInteger(count) || (count as number) < 1) fail(field, 'a positive whole number');
  }
  for (const field of ['ropeBase', 'normEpsilon'] as const) {
    const number = config[field];
    if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) fail(field, 'a positive number');
  }
  const { vocabSize, hiddenSize, heads, contextLength } = config as unknown as ModelConfig;
  if (hiddenSize % (2 * heads) !== 0) fail('hiddenSize', 'a multiple of 2 · heads');
  const isId = (id: unknown) => Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
  if (!isId(config.maskId)) fail('maskId', `an id below ${vocabSize}`);
  for (const field of ['bosId', 'eosId'] as const) {
    if (config[field] !== null && !isId(config[field])) fail(field, `null or an id below ${vocabSize}`);
  }
  const blockSizes: unknown = config.blockSizes;
  const isSize = (size: unknown) =>
    Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= contextLength;
  if (!Array.isArray(blockSizes) || blockSizes.length === 0 || !blockSizes.every(isSize)) {
    return fail('blockSizes', `a list of whole numbers from 1 to ${contextLength}`);
  }
  if (blockSizes.some((size, index) => index > 0 && size <= blockSizes[index - 1])) {
    fail('blockSizes', 'in ascending order');
  }
  if (!blockSizes.includes(config.defaultBlockSize)) fail('defaultBlockSize', 'one of blockSizes');
  return config as unknown as ModelConfig;
}
