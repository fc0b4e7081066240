import type { Backend, Report } from '../backends/backend';
import { policyNamed } from '../backends/reveal-policies';
import type { GenerationRequest } from '../engine/generation';
import type { GenerateSettings } from '../library/texts';
import { subBlockSizeFor } from '../network/model-config';
import { SENTENCE_ROOM, sentenceEnding } from '../tokenizer/sentence-end';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** Where a text, or what is left of it, goes on from. */
interface Start extends Pick<GenerationRequest, 'promptIds' | 'anchor' | 'writtenFrom'> {
  /** Tokens to write. */
  readonly left: number;
}

interface RequestFor {
  readonly backend: Pick<Backend, 'config'>;
  readonly tokenizer: Tokenizer;
  readonly report: Report;
}

/** What the engine is asked for under these settings. Throws `bad-input` for a policy that is none. */
export function requestOf(
  settings: GenerateSettings,
  { promptIds, anchor, writtenFrom, left }: Start,
  { backend, tokenizer, report }: RequestFor,
): GenerationRequest {
  const { blockSize, policy, temperature, topP, seed } = settings;
  const { config } = backend;
  const room = roomFor(settings);
  return {
    promptIds,
    anchor,
    writtenFrom,
    blockSize,
    maxTokens: left + room,
    ending: room > 0 ? sentenceEnding(tokenizer, left) : undefined,
    policy: policyNamed(policy, settings),
    subBlockSize: settings.subBlockSize ?? subBlockSizeFor(config.decoding, blockSize),
    sampling: { temperature, topP, seed },
    report,
  };
}

/** How many tokens a text may have over its `maxTokens`. What is written anew within a text ends with its block. */
export function roomFor({ ending, maxTokens }: GenerateSettings): number {
  return ending === 'sentence' && maxTokens > 0 ? SENTENCE_ROOM : 0;
}
