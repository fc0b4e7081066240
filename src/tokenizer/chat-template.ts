import { UnmaskError } from '../errors';
import { parseUntrustedJson } from '../untrusted-json';
import { BoundedTemplate } from './bounded-template';
import type { Tokenizer } from './tokenizer';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The files of a model folder that can hold its chat template, by their names; none need be there. */
export interface ChatTemplateFiles {
  /** `chat_template.jinja` */
  readonly jinja?: Uint8Array | undefined;
  /** `chat_template.json` */
  readonly json?: Uint8Array | undefined;
  /** `tokenizer_config.json` */
  readonly tokenizerConfig?: Uint8Array | undefined;
}

/** Turns a conversation into the text that the model was trained to answer. */
export interface ChatTemplate {
  /**
   * The ids of a conversation up to where the assistant's answer begins. Special tokens of the template are tokens,
   * those that a message spells are text. `variables` are the template's own, such as `enable_thinking`.
   *
   * Throws `bad-model` where the template cannot be run.
   */
  encode(
    messages: readonly ChatMessage[],
    tokenizer: Tokenizer,
    variables?: Readonly<Record<string, unknown>>,
  ): number[];
}

/**
 * The chat template of a model: `chat_template.jinja`, else that of `tokenizer_config.json`, else that of
 * `chat_template.json`, as transformers looks for it. Null for a model without one. Throws `bad-model` for files that
 * cannot be read.
 */
export function createChatTemplate(files: ChatTemplateFiles): ChatTemplate | null {
  const config = files.tokenizerConfig ? objectIn('tokenizer_config.json', files.tokenizerConfig) : {};
  const source =
    (files.jinja && new TextDecoder().decode(files.jinja)) ??
    sourceIn(config.chat_template) ??
    (files.json && sourceIn(objectIn('chat_template.json', files.json).chat_template));
  if (source === undefined) return null;
  const special = { bos_token: textOf(config.bos_token), eos_token: textOf(config.eos_token) };
  // A model whose template is damaged still goes on from text.
  let template: BoundedTemplate | undefined;
  return {
    encode(messages, tokenizer, variables = {}) {
      const { mark, unmark } = marking(messages, tokenizer.specialTokens);
      const marked = messages.map(({ role, content }) => ({ role, content: mark(content) }));
      const values = { ...special, ...variables, messages: marked, add_generation_prompt: true };
      const text = attempt(() => {
        template ??= new BoundedTemplate(source);
        return template.render(values);
      });
      return tokenizer.encodeWithSpecial(text, unmark);
    },
  };
}

/** A template, or the one named `default` of a list. */
function sourceIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value.find((item) => Object(item).name === 'default') ?? value[0];
  const { template } = Object(named) as Record<string, unknown>;
  return typeof template === 'string' ? template : undefined;
}

/** A token as text: written as such, or as an object with its `content`. '' where there is none. */
function textOf(token: unknown): string {
  const text: unknown = typeof token === 'string' ? token : Object(token).content;
  return typeof text === 'string' ? text : '';
}

/**
 * A way to keep special tokens that messages spell from becoming tokens: a character that occurs in no message is put
 * after the first one of each, and taken out once the template's own were found.
 */
function marking(messages: readonly ChatMessage[], specialTokens: readonly string[]) {
  const all = messages.map(({ content }) => content).join('');
  let code = 0xe000;
  while (all.includes(String.fromCharCode(code))) code++;
  const character = String.fromCharCode(code);
  const found = specialTokens.filter((token) => token.length > 1 && all.includes(token));
  return {
    mark: (content: string) =>
      found.reduce((text, token) => text.replaceAll(token, `${token[0]}${character}${token.slice(1)}`), content),
    unmark: (text: string) => text.replaceAll(character, ''),
  };
}

function objectIn(file: string, bytes: Uint8Array): Record<string, unknown> {
  const refuse = (what: string) =>
    new UnmaskError('bad-model', `${file} cannot be used: ${what}. Get the model again.`);
  return Object(parseUntrustedJson(bytes, refuse)) as Record<string, unknown>;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnmaskError(
      'bad-model',
      `The model's chat template cannot be run: ${why}. Let the model go on from text instead.`,
      {
        cause,
      },
    );
  }
}
