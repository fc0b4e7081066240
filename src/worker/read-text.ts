import type { Backend } from '../backends/backend';
import { type ReadingEvent, read, windowsOf } from '../engine/reading';
import { firstNoisedPosition } from '../network/model-config';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { ReadNews, ReadRequest } from './protocol';

/** Scores a text as the page is told about it. Ends without `read-done` once `signal` is aborted; throws as `read`. */
export async function* readText(
  { backend, tokenizer }: { readonly backend: Backend; readonly tokenizer: Tokenizer },
  { before, text, ...settings }: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<ReadNews, void> {
  const { config } = backend;
  const { bosId, blockSizes } = config;
  const head = [...(bosId === null ? [] : [bosId]), ...tokenizer.encode(before)];
  const textIds = tokenizer.encode(text);
  const ids = [...head, ...textIds];
  // Nothing before it predicts the first token, where rows predict the next one.
  const given = Math.max(head.length, firstNoisedPosition(config));
  const request = { ...settings, ids, given, blockSizes };
  const unscored = textIds.slice(0, given - head.length);
  const scored: Scored = {
    first: head.length,
    tokens: ids.length - given,
    bytes: bytesIn(text) - bytesIn(tokenizer.decode(unscored)),
  };
  const windows = windowsOf(request, blockSizes[0]!, config).length;
  const texts = textsOf(textIds, tokenizer);
  const tokens = textIds.map((id, index) => ({ id, text: texts[index]! }));
  yield { type: 'read-started', tokens, bytes: bytesIn(text), blockSizes, windows };
  if (unscored.length > 0) yield { type: 'read-tokens', from: 0, nats: unscored.map(() => null) };
  for await (const event of read(backend, request, signal)) yield newsOf(event, scored);
  if (!signal.aborted) yield { type: 'read-done' };
}

/** Of the text: where it begins among the ids, and how much of it is scored. */
interface Scored {
  readonly first: number;
  readonly tokens: number;
  readonly bytes: number;
}

function newsOf(event: ReadingEvent, { first, tokens, bytes }: Scored): ReadNews {
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

/** The text of each token; of a character that several share the last one has all of it. */
function textsOf(ids: readonly number[], tokenizer: Tokenizer): string[] {
  const decoder = tokenizer.stream();
  const texts = decoder.push(ids);
  const rest = decoder.flush();
  return texts.map((text, index) => (index === ids.length - 1 ? text + rest : text));
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
