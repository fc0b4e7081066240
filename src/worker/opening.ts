import type { Backend } from '../backends/backend';
import { UnmaskError } from '../errors';
import type { ChatTurn, GenerateSettings, TextStart } from '../library/texts';
import type { ModelConfig } from '../network/model-config';
import type { ChatTemplate } from '../tokenizer/chat-template';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { conversationWithin } from './conversation-within';

/** What turns a prompt into ids. */
interface Beginner {
  readonly backend: Pick<Backend, 'config'>;
  readonly tokenizer: Tokenizer;
  /** Null for a model that has none. */
  readonly template: ChatTemplate | null;
}

/** The ids that a text goes on from, and of a conversation the turns that are in them. */
export interface Opening {
  readonly ids: (number | null)[];
  /** Of the whole prompt, what was left out of it included. */
  readonly promptTokens: number;
  /** As in `GenerationRequest`: the end of the prompt, or of a conversation's first question. */
  readonly anchor: number;
  /** Of the ids those of the prompt; what follows them was written. */
  readonly writtenFrom: number;
  readonly messages: GenerateSettings['messages'];
}

/**
 * What a text goes on from: BOS, where the model has one, and the prompt; or a conversation in the form of the model's
 * template; or ids; then what follows already. `maxTokens` are to have room after it. Of a prompt longer than the context
 * only its end is read, as many tokens as the model sees: the rest would take a pass for each block, and be out of view.
 * Throws `bad-input` for a conversation with a model that has no template.
 */
export function openingOf(
  { after, maxTokens = 0, ...start }: TextStart & Pick<GenerateSettings, 'after'> & { maxTokens?: number },
  writer: Beginner,
): Opening {
  const { config } = writer.backend;
  const { messages } = start;
  if (!messages) {
    const whole = start.promptIds ?? [...beginning(config), ...writer.tokenizer.encode(start.prompt)];
    const ids = whole.slice(-config.contextLength);
    const { length } = ids;
    return { ids: [...ids, ...after], promptTokens: whole.length, anchor: length, writtenFrom: length, messages };
  }
  const encode = (turns: readonly ChatTurn[]) => conversationIds(turns, writer);
  const room = config.contextLength - Math.min(after.length + maxTokens, Math.floor(config.contextLength / 2));
  const kept = conversationWithin(messages, room, encode);
  const first = kept.messages.findIndex(({ role }) => role === 'user');
  const isFirst = first === -1 || first === kept.messages.length - 1;
  const anchor = isFirst ? kept.ids.length : encode(kept.messages.slice(0, first + 1)).length;
  const { length } = kept.ids;
  const ids = [...kept.ids, ...after];
  return { ids, promptTokens: length, anchor, writtenFrom: length, messages: kept.messages };
}

/** BOS, where the model has one. */
export function beginning({ bosId }: ModelConfig): number[] {
  return bosId === null ? [] : [bosId];
}

/** Ids of a conversation by the model's template. Throws `bad-input` for a model that has none. */
export function conversationIds(turns: readonly ChatTurn[], { backend, tokenizer, template }: Beginner): number[] {
  if (template) return template.encode(turns, tokenizer, backend.config.chatVariables);
  throw new UnmaskError('bad-input', 'This model has no chat template: it only continues text. Write with it instead.');
}
