import { type ReadingEvent, read, windowsOf } from '../engine/reading';
import type { ReadEvent, ReadRequest } from '../library/texts';
import { firstNoisedPosition } from '../network/model-config';
import { beginning } from './opening';
import { idsOf, tokenTexts } from './tokens-of';
import type { Writer } from './write-text';

/** Scores a text as the page is told about it. Ends without `read-done` once `signal` is aborted; throws as `read`. */
export async function* readText(
  writer: Pick<Writer, 'backend' | 'tokenizer' | 'template'>,
  { before, text, ...settings }: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<ReadEvent, void> {
  const { backend, tokenizer } = writer;
  const { config } = backend;
  const head = [...(typeof before === 'string' ? beginning(config) : []), ...idsOf(before, writer)];
  const textIds = idsOf(text, writer);
  const ids = [...head, ...textIds];
  // Nothing before it predicts the first token, where rows predict the next one.
  const given = Math.max(head.length, firstNoisedPosition(config));
  const blockSizes = (settings.blockSizes ?? config.blockSizes).toSorted((a, b) => a - b);
  const request = { ...settings, ids, given, blockSizes };
  const unscored = textIds.slice(0, given - head.length);
  const bytes = typeof text === 'string' ? bytesIn(text) : tokenizer.countBytes(textIds);
  const unscoredBytes = typeof text === 'string' ? bytesIn(tokenizer.decode(unscored)) : tokenizer.countBytes(unscored);
  const scored = { tokens: ids.length - given, bytes: bytes - unscoredBytes };
  const windows = windowsOf(request, blockSizes[0]!, config).length;
  const tokens = tokenTexts(textIds, tokenizer);
  yield { type: 'read-started', tokens, bytes, scored, blockSizes, windows };
  if (unscored.length > 0) yield { type: 'read-tokens', from: 0, nats: unscored.map(() => null) };
  for await (const event of read(backend, request, signal)) yield told(event, { first: head.length, ...scored });
  if (!signal.aborted) yield { type: 'read-done' };
}

/** Of the text: where it begins among the ids, and how much of it is scored. */
interface Scored {
  readonly first: number;
  readonly tokens: number;
  readonly bytes: number;
}

function told(event: ReadingEvent, { first, tokens, bytes }: Scored): ReadEvent {
  switch (event.type) {
    case 'tokens':
      return { type: 'read-tokens', from: event.from - first, nats: event.nats };
    case 'size': {
      const { mean: natsPerToken, deviation } = statisticsOf(event.draws.map((nats) => nats / tokens));
      return {
        type: 'read-size',
        blockSize: event.blockSize,
        natsPerToken,
        standardError: deviation === null ? null : deviation / Math.sqrt(event.draws.length),
        perplexity: Math.exp(natsPerToken),
        bitsPerByte: (natsPerToken * tokens) / Math.LN2 / bytes,
      };
    }
    case 'spread': {
      const { blockSize, schedule } = event;
      const values = event.draws.map((nats) => nats / tokens);
      const { mean, deviation } = statisticsOf(values);
      return { type: 'read-spread', blockSize, schedule, values, mean, deviation: deviation ?? 0 };
    }
    case 'progress':
      return { type: 'read-progress', done: event.done, total: event.total };
    default:
      return event satisfies never;
  }
}

/** The deviation is null for a single number. */
function statisticsOf(values: readonly number[]): { readonly mean: number; readonly deviation: number | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, deviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

function bytesIn(text: string): number {
  return new TextEncoder().encode(text).length;
}
