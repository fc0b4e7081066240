import type { Backend, Guess, Prediction } from '../backends/backend';
import { generate } from '../engine/generate';
import type { GenerationRequest } from '../engine/generation';
import type {
  GenerateSettings,
  GenerationEvent,
  GuessedToken,
  Report,
  RevealedToken,
  TokenText,
} from '../library/texts';
import type { ChatTemplate } from '../tokenizer/chat-template';
import type { StreamDecoder } from '../tokenizer/stream-decoder';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { requestOf, roomFor } from './generation-request';
import { openingOf } from './opening';

export interface Writer {
  readonly backend: Backend;
  readonly tokenizer: Tokenizer;
  /** Null for a model that has none. */
  readonly template: ChatTemplate | null;
  readonly report: Report;
  /** Since the text began. */
  readonly seconds: () => number;
}

/**
 * Writes one text as the page is told about it. A reveal has the text of its token alone; a finished
 * block has the texts of its tokens in order, where a character may be spread over several.
 *
 * `settings` gives those in force, and is asked again after each block: where these are others by then, the
 * text goes on under them, but for their prompt and `after`. Its length counts from the first prompt's end.
 *
 * Ends without `done` once `signal` is aborted. Throws `bad-input` for settings that the model cannot meet,
 * and whatever the backend throws.
 */
export async function* writeText(
  writer: Writer,
  settings: () => GenerateSettings,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void> {
  let inForce = settings();
  const isChanged = () => settings() !== inForce;
  const opening = openingOf(inForce, writer);
  const { ids: promptIds, messages, anchor, writtenFrom } = opening;
  const start = (pinned: Pinned): GenerationEvent => {
    return { type: 'started', promptTokens: opening.promptTokens, pinned, messages };
  };
  const change = (pinned: Pinned): GenerationEvent => ({ type: 'changed', settings: inForce, pinned });
  const whole = { promptIds, anchor, writtenFrom, left: inForce.maxTokens };
  let part: Part = { request: requestOf(inForce, whole, writer), promptTokens: writtenFrom, block: 0, nfe: 0 };
  for (let first = start; ; first = change) {
    const told = yield* writePart(writer, part, first, isChanged, signal);
    if (!told) return;
    inForce = settings();
    const left = promptIds.length + inForce.maxTokens - told.ids.length;
    if (left + roomFor(inForce) <= 0) {
      yield { type: 'done', reason: 'length', nfe: told.nfe, seconds: writer.seconds() };
      return;
    }
    const rest = { promptIds: told.ids, anchor, writtenFrom, left };
    part = { ...told, promptTokens: writtenFrom, request: requestOf(inForce, rest, writer) };
  }
}

type Pinned = readonly (TokenText | null)[];

/** A text, or what follows a change of settings, and how many blocks and passes there were before. */
interface Part {
  readonly request: GenerationRequest;
  /** Of the whole text. */
  readonly promptTokens: number;
  readonly block: number;
  readonly nfe: number;
}

/** Writes until the text ends, or a block has ended and `isChanged`; then it returns what there is. */
async function* writePart(
  { backend, tokenizer, seconds }: Writer,
  { request, ...before }: Part,
  opening: (pinned: Pinned) => GenerationEvent,
  isChanged: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, { ids: readonly number[]; block: number; nfe: number } | undefined> {
  const decoder = tokenizer.stream();
  const ids: number[] = [];
  /** Of the next block. */
  let given = 0;
  for await (const event of generate(backend, request, signal)) {
    switch (event.type) {
      case 'start': {
        const { pinned } = event;
        const whole = request.promptIds.slice(0, request.promptIds.length - pinned.length) as number[];
        textsOf(whole, before.promptTokens, decoder);
        ids.push(...whole);
        given = pinned.includes(null) ? pinned.indexOf(null) : pinned.length;
        yield opening(pinned.map((id) => (id === null ? null : { id, text: textAlone(id, tokenizer) })));
        break;
      }
      case 'step': {
        const reveal = event.reveal.map((prediction) => revealed(prediction, tokenizer));
        const guesses = event.guesses?.map((guess) => guessed(guess, tokenizer));
        const block = before.block + event.block;
        yield { ...event, block, reveal, guesses, nfe: before.nfe + event.nfe, seconds: seconds() };
        break;
      }
      case 'block': {
        const texts = textsOf(event.ids, before.promptTokens - ids.length, decoder);
        ids.push(...event.ids);
        const tokens = event.ids.map((id, index) => ({ id, text: texts[index]! }));
        const [block, nfe] = [before.block + event.block, before.nfe + event.nfe];
        yield { type: 'block', block, tokens, text: texts.slice(given).join(''), nfe, seconds: seconds() };
        given = 0;
        // A cut block is the last.
        if (isChanged() && event.ids.length === request.blockSize) return { ids, block: block + 1, nfe };
        break;
      }
      case 'end':
        if (event.reason !== 'cancelled') {
          yield { type: 'done', reason: event.reason, nfe: before.nfe + event.nfe, seconds: seconds() };
        }
        break;
      default:
        event satisfies never;
    }
  }
  return undefined;
}

/**
 * The texts of the next ids, of which so many are the prompt's. That is a text of its own: what a character at its end
 * holds back does not wait for what follows.
 */
function textsOf(ids: readonly number[], ofPrompt: number, decoder: StreamDecoder): string[] {
  const texts = decoder.push(ids.slice(0, Math.max(ofPrompt, 0)));
  if (texts.length > 0 && texts.length === ofPrompt) texts.push(texts.pop()! + decoder.flush());
  return [...texts, ...decoder.push(ids.slice(texts.length))];
}

function revealed({ position, id, probability }: Prediction, tokenizer: Tokenizer): RevealedToken {
  return { position, id, probability, text: textAlone(id, tokenizer) };
}

function guessed({ position, id, probability, drawn }: Guess, tokenizer: Tokenizer): GuessedToken {
  return { position, id, probability, drawn, text: textAlone(id, tokenizer) };
}

/** '' for a part of a character. */
export function textAlone(id: number, tokenizer: Tokenizer): string {
  return tokenizer.stream().push([id])[0]!;
}
