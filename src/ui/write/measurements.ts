import type { ModelInfo } from '../../library/unmask';
import { bytes, rate } from '../fields/format';
import { allBlocks, type Story, tokensWritten } from '../story/story';

export interface Measurement {
  readonly name: string;
  readonly value: string;
  /** For whoever asks. */
  readonly explained: string;
}

/** What a run has cost and given so far: the two figures that tell most, and the others. */
export interface Measurements {
  readonly front: readonly Measurement[];
  readonly others: readonly Measurement[];
}

/** The figures of a run so far. */
export function measurementsOf(
  story: Story,
  model: Pick<ModelInfo, 'contextLength' | 'kvBytesPerToken'> | null,
): Measurements {
  const tokens = tokensWritten(story);
  const { nfe, seconds, firstBlockSeconds } = story;
  const front = [
    { name: 'tokens/s', value: rate(tokens / seconds), explained: 'Tokens written per second, from the start.' },
    { name: 'tokens/pass', value: rate(tokens / nfe), explained: 'Tokens written per forward pass.' },
  ];
  const others = [
    { name: 'tokens', value: String(tokens), explained: 'Tokens written. A token is a word or part of a word.' },
    {
      name: 'passes/token',
      value: rate(nfe / tokens),
      explained: 'Forward passes per token written (NFE per token). One at a time takes at least 1.',
    },
    {
      name: 'KV cache',
      value: model ? bytes(cachedTokens(story, model.contextLength) * model.kvBytesPerToken) : '–',
      explained: 'Memory used by finished blocks: the keys and values that later blocks attend to.',
    },
    {
      name: 'first block',
      value: firstBlockSeconds === null ? '–' : `${firstBlockSeconds.toFixed(firstBlockSeconds < 10 ? 2 : 1)} s`,
      explained: 'Time from the start until the first block was finished.',
    },
    { name: 'time', value: `${seconds.toFixed(1)} s`, explained: 'Time since the start.' },
    ...(story.provenance ? [{ name: 'model', value: story.provenance.model.name, explained: 'What wrote it.' }] : []),
  ];
  return { front, others };
}

/** The cache holds whole blocks, of a finished text all but the last, and is a ring of as many as fit. */
function cachedTokens(story: Story, contextLength: number): number {
  const { settings, promptTokens, phase } = story;
  const committed = allBlocks(story).filter(({ committed }) => committed);
  const written = tokensWritten({ blocks: phase === 'finished' ? committed.slice(0, -1) : committed });
  const whole = (tokens: number) => Math.floor(tokens / settings.blockSize) * settings.blockSize;
  return Math.min(whole(contextLength), whole(promptTokens + written));
}
