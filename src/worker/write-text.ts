import type { Backend, Prediction } from '../backends/backend';
import { policyNamed } from '../backends/reveal-policies';
import { generate } from '../engine/generate';
import type { GenerationRequest } from '../engine/generation';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { GenerationNews } from './loaded-model';
import type { GenerateSettings, RevealedToken, TokenText } from './protocol';

/**
 * Writes one text as the page is told about it. A reveal has the text of its token alone; a finished
 * block has the texts of its tokens in order, where a character may be spread over several. Ends without
 * `done` once `signal` is aborted. Throws `bad-input` for settings that the model cannot meet, and
 * whatever the backend throws.
 */
export async function* writeText(
  backend: Backend,
  tokenizer: Tokenizer,
  settings: GenerateSettings,
  signal: AbortSignal,
): AsyncGenerator<GenerationNews, void> {
  const request = requestOf(settings, backend.config.bosId, tokenizer);
  const { promptIds } = request;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const decoder = tokenizer.stream();
  const textsOf = (ids: readonly number[]): TokenText[] => {
    const texts = decoder.push(ids);
    return ids.map((id, index) => ({ id, text: texts[index]! }));
  };
  for await (const event of generate(backend, request, signal)) {
    switch (event.type) {
      case 'start': {
        const { pinned } = event;
        decoder.push(promptIds.slice(0, promptIds.length - pinned.length));
        const alone = pinned.map((id) => ({ id, text: textAlone(id, tokenizer) }));
        yield { type: 'started', promptTokens: promptIds.length, pinned: alone };
        break;
      }
      case 'step': {
        const reveal = event.reveal.map((prediction) => revealed(prediction, tokenizer));
        yield { ...event, reveal, seconds: seconds() };
        break;
      }
      case 'block':
        yield { type: 'block', block: event.block, tokens: textsOf(event.ids), nfe: event.nfe, seconds: seconds() };
        break;
      case 'end':
        if (event.reason !== 'cancelled') {
          yield { type: 'done', reason: event.reason, nfe: event.nfe, seconds: seconds() };
        }
        break;
      default:
        event satisfies never;
    }
  }
}

function requestOf(settings: GenerateSettings, bosId: number | null, tokenizer: Tokenizer): GenerationRequest {
  const { prompt, blockSize, maxTokens, policy, temperature, topP, seed } = settings;
  return {
    promptIds: [...(bosId === null ? [] : [bosId]), ...tokenizer.encode(prompt)],
    blockSize,
    maxTokens,
    policy: policyNamed(policy, settings),
    sampling: { temperature, topP, seed },
  };
}

function revealed({ position, id, probability }: Prediction, tokenizer: Tokenizer): RevealedToken {
  return { position, id, probability, text: textAlone(id, tokenizer) };
}

/** '' for a part of a character. */
function textAlone(id: number, tokenizer: Tokenizer): string {
  return tokenizer.stream().push([id])[0]!;
}
