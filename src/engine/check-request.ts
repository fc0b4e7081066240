import type { RevealPolicy, Sampling } from '../backends/backend';
import { checkDecodable } from '../backends/reveal-policies';
import { UnmaskError } from '../errors';
import { lastBlockStart, type ModelConfig } from '../network/model-config';
import type { GenerationRequest } from './generation';

/** Throws `bad-input`, saying what to change, where a model cannot do what is asked. */
export function checkRequest(request: GenerationRequest, config: ModelConfig): void {
  checkBlockSize(request.blockSize, config);
  checkLength(request);
  checkPolicy(request.policy, request.blockSize, config);
  checkSampling(request.sampling);
  checkSubBlocks(request);
  checkPrompt(request, config);
}

/** Throws `bad-input` for a block size that the model was not trained on. */
export function checkBlockSize(blockSize: number, { blockSizes }: ModelConfig): void {
  if (blockSizes.includes(blockSize)) return;
  fail(`This model was not trained on block size ${blockSize}. Choose ${oneOf(blockSizes)}.`);
}

/** Throws `bad-input` unless `value`, which a person knows as `what`, counts at least one thing. */
export function checkCount(what: string, value: number): void {
  if (!isWhole(value, 1, Number.MAX_SAFE_INTEGER)) fail(`${what} must be a whole number of 1 or more, not ${value}.`);
}

/** Throws `bad-input` unless the seed is a 32-bit unsigned integer. */
export function checkSeed(seed: number): void {
  if (!isWhole(seed, 0, 0xffff_ffff)) fail(`The seed must be a whole number from 0 to 4294967295, not ${seed}.`);
}

function checkPolicy(policy: RevealPolicy, blockSize: number, { network }: ModelConfig): void {
  checkDecodable(policy, network);
  switch (policy.name) {
    case 'ancestral':
    case 'confidence':
      if (!isWhole(policy.steps, 1, blockSize)) {
        fail(`Steps per block must be a whole number from 1 to the block size ${blockSize}, not ${policy.steps}.`);
      }
      break;
    case 'threshold':
      if (!isWithin(policy.threshold, 0, 1)) fail(`The threshold must be from 0 to 1, not ${policy.threshold}.`);
      break;
    case 'entropy':
      if (!isWithin(policy.entropyBound, 0, Number.MAX_VALUE)) {
        fail(`The entropy bound must be 0 nats or more, not ${policy.entropyBound}.`);
      }
      break;
    case 'speculative':
    case 'first-hitting':
      break;
    default:
      policy satisfies never;
  }
}

function checkSampling({ temperature, topP, seed }: Sampling): void {
  if (!isWithin(temperature, 0, Number.MAX_VALUE)) {
    fail(`The temperature must be 0 or more, not ${temperature}.`);
  }
  if (!isWithin(topP, 0, 1) || topP === 0) fail(`Top-p must be above 0 and at most 1, not ${topP}.`);
  checkSeed(seed);
}

function checkLength({ promptIds, maxTokens }: GenerationRequest): void {
  if (maxTokens === 0 && promptIds.includes(null)) return;
  checkCount('The number of tokens to write', maxTokens);
}

function checkSubBlocks({ blockSize, subBlockSize }: GenerationRequest): void {
  if (subBlockSize === undefined || (isWhole(subBlockSize, 1, blockSize) && blockSize % subBlockSize === 0)) return;
  fail(`The sub-block size must divide the block size ${blockSize}, and ${subBlockSize} does not.`);
}

function checkPrompt({ promptIds, blockSize, anchor }: GenerationRequest, config: ModelConfig): void {
  const { vocabSize, maskId, network } = config;
  const unknown = promptIds.find((id) => id !== null && !isWhole(id, 0, vocabSize - 1));
  if (unknown !== undefined) fail(`The prompt has id ${unknown}, and this model's ids are 0 to ${vocabSize - 1}.`);
  if (promptIds.includes(maskId))
    fail(`The prompt has the mask's id ${maskId}. Take it out: the model fills in what follows.`);
  const open = promptIds.indexOf(null);
  if (network.predicts === 'next' && (promptIds.length === 0 || open === 0)) {
    fail('The prompt is empty, and this model predicts the next token: give it at least one to begin with.');
  }
  if (open === -1) return;
  // Its last block, where it ends with that, and not the one that would follow.
  const lastBlock = lastBlockStart(config, blockSize, promptIds.length - 1, Math.min(anchor ?? open, open));
  if (open < lastBlock) {
    fail(`Place ${open} of the prompt is to be written, which only places from ${lastBlock} on can be.`);
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

/** False for NaN too. */
function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** `1, 2 or 4` */
function oneOf(sizes: readonly number[]): string {
  const others = sizes.slice(0, -1).join(', ');
  return others === '' ? `${sizes.at(-1)}` : `${others} or ${sizes.at(-1)}`;
}

function fail(message: string): never {
  throw new UnmaskError('bad-input', message);
}
