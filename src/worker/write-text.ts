import type { Backend, Guess, Prediction } from '../backends/backend';
import { generate } from '../engine/generate';
import type { GenerationRequest } from '../engine/generation';
import { UnmaskError } from '../errors';
import type { ChatTemplate } from '../tokenizer/chat-template';
import type { StreamDecoder } from '../tokenizer/stream-decoder';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { conversationWithin } from './conversation-within';
import { requestOf, roomFor } from './generation-request';
import type {
  ChatTurn,
  GenerateSettings,
  GenerationNews,
  GuessedToken,
  Report,
  RevealedToken,
  TokenText,
} from './protocol';

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
): AsyncGenerator<GenerationNews, void> {
  let inForce = settings();
  const isChanged = () => settings() !== inForce;
  const { ids: promptIds, messages, anchor } = openingOf(inForce, writer);
  const promptTokens = promptIds.length - inForce.after.length;
  const start = (pinned: Pinned): GenerationNews => ({ type: 'started', promptTokens, pinned, messages });
  const change = (pinned: Pinned): GenerationNews => ({ type: 'changed', settings: inForce, pinned });
  const first = { promptIds, anchor, left: inForce.maxTokens };
  let part: Part = { request: requestOf(inForce, first, writer), promptTokens, block: 0, nfe: 0 };
  for (let opening = start; ; opening = change) {
    const told = yield* writePart(writer, part, opening, isChanged, signal);
    if (!told) return;
    inForce = settings();
    const left = promptIds.length + inForce.maxTokens - told.ids.length;
    if (left + roomFor(inForce) <= 0) {
      yield { type: 'done', reason: 'length', nfe: told.nfe, seconds: writer.seconds() };
      return;
    }
    part = { ...told, promptTokens, request: requestOf(inForce, { promptIds: told.ids, anchor, left }, writer) };
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
  opening: (pinned: Pinned) => GenerationNews,
  isChanged: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<GenerationNews, { ids: readonly number[]; block: number; nfe: number } | undefined> {
  const decoder = tokenizer.stream();
  const ids: number[] = [];
  for await (const event of generate(backend, request, signal)) {
    switch (event.type) {
      case 'start': {
        const { pinned } = event;
        const whole = request.promptIds.slice(0, request.promptIds.length - pinned.length) as number[];
        textsOf(whole, before.promptTokens, decoder);
        ids.push(...whole);
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
        yield { type: 'block', block, tokens, nfe, seconds: seconds() };
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

/** The ids that a text goes on from, and of a conversation the turns that are in them. */
export interface Opening {
  readonly ids: (number | null)[];
  /** As in `GenerationRequest`: the end of the prompt, or of a conversation's first question. */
  readonly anchor: number;
  readonly messages: GenerateSettings['messages'];
}

/**
 * What a text goes on from: BOS, where the model has one, and the prompt, or a conversation in the form of the model's
 * template; then what follows already. `maxTokens` are to have room after it. Throws `bad-input` for a conversation
 * with a model that has no template.
 */
export function openingOf(
  {
    prompt,
    messages,
    after,
    maxTokens = 0,
  }: Pick<GenerateSettings, 'prompt' | 'messages' | 'after'> & { maxTokens?: number },
  { backend: { config }, tokenizer, template }: Pick<Writer, 'backend' | 'tokenizer' | 'template'>,
): Opening {
  if (!messages) {
    const { bosId } = config;
    const ids = [...(bosId === null ? [] : [bosId]), ...tokenizer.encode(prompt)];
    return { ids: [...ids, ...after], anchor: ids.length, messages };
  }
  if (!template) {
    throw new UnmaskError(
      'bad-input',
      'This model has no chat template: it only continues text. Write with it instead.',
    );
  }
  const encode = (turns: readonly ChatTurn[]) => template.encode(turns, tokenizer, config.chatVariables);
  const room = config.contextLength - Math.min(after.length + maxTokens, Math.floor(config.contextLength / 2));
  const kept = conversationWithin(messages, room, encode);
  const first = kept.messages.findIndex(({ role }) => role === 'user');
  const isFirst = first === -1 || first === kept.messages.length - 1;
  const anchor = isFirst ? kept.ids.length : encode(kept.messages.slice(0, first + 1)).length;
  return { ids: [...kept.ids, ...after], anchor, messages: kept.messages };
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
