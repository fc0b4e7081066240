import type { Backend, Prediction } from '../backends/backend';
import { policyNamed } from '../backends/reveal-policies';
import { generate } from '../engine/generate';
import type { GenerationRequest } from '../engine/generation';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { GenerateSettings, GenerationNews, RevealedToken, TokenText } from './protocol';

export interface Writer {
  readonly backend: Backend;
  readonly tokenizer: Tokenizer;
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
  const promptIds = promptIdsOf(inForce, writer);
  const promptTokens = promptIds.length - inForce.after.length;
  const start = (pinned: Pinned): GenerationNews => ({ type: 'started', promptTokens, pinned });
  const change = (pinned: Pinned): GenerationNews => ({ type: 'changed', settings: inForce, pinned });
  let part: Part = { request: requestOf(inForce, promptIds), block: 0, nfe: 0 };
  for (let opening = start; ; opening = change) {
    const told = yield* writePart(writer, part, opening, isChanged, signal);
    if (!told) return;
    inForce = settings();
    const left = promptIds.length + inForce.maxTokens - told.ids.length;
    if (left <= 0) {
      yield { type: 'done', reason: 'length', nfe: told.nfe, seconds: writer.seconds() };
      return;
    }
    part = { ...told, request: { ...requestOf(inForce, told.ids), maxTokens: left } };
  }
}

type Pinned = readonly (TokenText | null)[];

/** A text, or what follows a change of settings, and how many blocks and passes there were before. */
interface Part {
  readonly request: GenerationRequest;
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
        ids.push(...whole);
        decoder.push(whole);
        yield opening(pinned.map((id) => (id === null ? null : { id, text: textAlone(id, tokenizer) })));
        break;
      }
      case 'step': {
        const reveal = event.reveal.map((prediction) => revealed(prediction, tokenizer));
        const block = before.block + event.block;
        yield { ...event, block, reveal, nfe: before.nfe + event.nfe, seconds: seconds() };
        break;
      }
      case 'block': {
        ids.push(...event.ids);
        const texts = decoder.push(event.ids);
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

/** The ids that a text goes on from: BOS, where the model has one, the prompt, and what follows it already. */
export function promptIdsOf(
  { prompt, after }: Pick<GenerateSettings, 'prompt' | 'after'>,
  { backend, tokenizer }: Pick<Writer, 'backend' | 'tokenizer'>,
): (number | null)[] {
  const { bosId } = backend.config;
  return [...(bosId === null ? [] : [bosId]), ...tokenizer.encode(prompt), ...after];
}

function requestOf(settings: GenerateSettings, promptIds: GenerationRequest['promptIds']): GenerationRequest {
  const { blockSize, maxTokens, policy, temperature, topP, seed } = settings;
  const sampling = { temperature, topP, seed };
  return { promptIds, blockSize, maxTokens, policy: policyNamed(policy, settings), sampling };
}

function revealed({ position, id, probability }: Prediction, tokenizer: Tokenizer): RevealedToken {
  return { position, id, probability, text: textAlone(id, tokenizer) };
}

/** '' for a part of a character. */
export function textAlone(id: number, tokenizer: Tokenizer): string {
  return tokenizer.stream().push([id])[0]!;
}
