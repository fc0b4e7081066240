import { UnmaskError } from '../../errors';

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

/**
 * The largest of each count. Real models are below: vocabularies to 262,144 (Gemma), contexts to 131,072, hidden
 * sizes to 16,384, MLPs to 53,248 (Llama 405B), 126 layers, 128 heads. The numbers of a whole model, and those of
 * its KV cache, are then below 2^42, so that no product of them is rounded.
 */
const LARGEST = {
  vocabSize: 2 ** 18,
  hiddenSize: 2 ** 14,
  mlpSize: 2 ** 16,
  layers: 2 ** 8,
  heads: 2 ** 8,
  contextLength: 2 ** 17,
  defaultBlockSize: 2 ** 17,
} as const;

/** Of one head. */
const LARGEST_HEAD = 256;
const MOST_BLOCK_SIZES = 64;

/** From 1 and 1e-12 to the values beyond which RoPE does not turn and a norm says nothing. */
const RANGES = { ropeBase: [1, 1e12], normEpsilon: [1e-12, 1] } as const;

/** Checks an untrusted value and returns it as a ModelConfig, without what is unknown. Throws `bad-model` naming the field. */
export function parseModelConfig(value: unknown): ModelConfig {
  if (typeof value !== 'object' || value === null) fail('the file', 'a JSON object');
  const config = value as Record<string, unknown>;
  if (config.architecture !== 'bd3lm') fail('architecture', '"bd3lm"');
  const counts = Object.entries(LARGEST).map(([field, largest]) => [field, countIn(config, field, largest)]);
  const { vocabSize, hiddenSize, heads, contextLength, ...others } = Object.fromEntries(counts) as Record<
    keyof typeof LARGEST,
    number
  >;
  for (const [field, [least, most]] of Object.entries(RANGES)) {
    const number = config[field];
    if (typeof number !== 'number' || !(number >= least && number <= most)) {
      fail(field, `a positive number from ${least} to ${most}`);
    }
  }
  if (hiddenSize % (2 * heads) !== 0) fail('hiddenSize', 'a multiple of 2 · heads');
  if (hiddenSize / heads > LARGEST_HEAD) fail('hiddenSize', `at most ${LARGEST_HEAD} · heads`);
  const isId = (id: unknown) => Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < vocabSize;
  if (!isId(config.maskId)) fail('maskId', `an id below ${vocabSize}`);
  for (const field of ['bosId', 'eosId'] as const) {
    if (config[field] !== null && !isId(config[field])) fail(field, `null or an id below ${vocabSize}`);
  }
  const blockSizes = blockSizesIn(config, contextLength);
  if (!blockSizes.includes(others.defaultBlockSize)) fail('defaultBlockSize', 'one of blockSizes');
  const { architecture, ropeBase, normEpsilon, maskId, bosId, eosId } = config as unknown as ModelConfig;
  const sizes = { vocabSize, hiddenSize, heads, contextLength, ...others };
  return { architecture, ...sizes, ropeBase, normEpsilon, maskId, bosId, eosId, blockSizes };
}

function countIn(config: Record<string, unknown>, field: string, largest: number): number {
  const count = config[field];
  if (!Number.isSafeInteger(count) || (count as number) < 1 || (count as number) > largest) {
    fail(field, `a positive whole number up to ${largest}`);
  }
  return count as number;
}

function blockSizesIn({ blockSizes }: Record<string, unknown>, contextLength: number): number[] {
  const isSize = (size: unknown) =>
    Number.isSafeInteger(size) && (size as number) >= 1 && (size as number) <= contextLength;
  const isList = Array.isArray(blockSizes) && blockSizes.length > 0 && blockSizes.length <= MOST_BLOCK_SIZES;
  if (!isList || !blockSizes.every(isSize)) {
    fail('blockSizes', `a list of at most ${MOST_BLOCK_SIZES} whole numbers from 1 to ${contextLength}`);
  }
  if (blockSizes.some((size, index) => index > 0 && size <= blockSizes[index - 1])) {
    fail('blockSizes', 'in ascending order');
  }
  return blockSizes;
}

function fail(field: string, expected: string): never {
  throw new UnmaskError('bad-model', `config.json: ${field} must be ${expected}. Export the model again.`);
}
