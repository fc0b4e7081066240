import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { UnmaskError } from '../errors';
import { StreamDecoder } from './stream-decoder';

/** Text to ids and back, as the tokenizer files of a model say. */
export interface Tokenizer {
  /**
   * Ids of a text, nothing added. Text that spells a special token, such as `<|mask|>`, stays text.
   * What the vocabulary cannot express (nothing, in byte-level models) becomes its unknown token or nothing.
   */
  encode(text: string): number[];
  /** Text of ids. Special tokens, and ids without a token, give nothing; broken characters give `�`. */
  decode(ids: readonly number[]): string;
  /**
   * Bytes of UTF-8 that ids spell, each alone: a text may be cut within a character. Special tokens, and
   * ids without a token, spell nothing. Throws `bad-model` where tokens do not stand for bytes, which
   * they do in byte-level models.
   */
  countBytes(ids: readonly number[]): number;
  /** Decodes one text bit by bit. */
  stream(): StreamDecoder;
}

/**
 * Makes a tokenizer from the bytes of `tokenizer.json` and `tokenizer_config.json`, which are not
 * trusted. A model without the second file gets the defaults. Throws `bad-model`.
 */
export function createTokenizer(tokenizerJson: Uint8Array, tokenizerConfig?: Uint8Array): Tokenizer {
  const config = tokenizerConfig ? parseObject('tokenizer_config.json', tokenizerConfig) : {};
  const json = parseObject('tokenizer.json', tokenizerJson);
  const added: unknown = json.added_tokens ?? [];
  if (!Array.isArray(added)) throw damaged('tokenizer.json', 'added_tokens is not a list');
  const decoder = construct({ ...json, added_tokens: added }, config);
  // The library turns text that spells an added token into its id. One without special tokens does not.
  const encoder = construct({ ...json, added_tokens: added.filter((token) => token?.special !== true) }, config);

  function decode(ids: readonly number[]): string {
    const known = ids.filter((id) => decoder.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    return decoder.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }
  const addedTokens = decoder.get_added_tokens_decoder();
  /** Byte-level vocabularies spell every byte with one character; added tokens are plain text. */
  function bytesOf(id: number): number {
    const token = addedTokens.get(id);
    if (token) return token.special ? 0 : new TextEncoder().encode(token.content).length;
    return decoder.id_to_token(id)?.length ?? 0;
  }
  return {
    encode(text) {
      if (text === '') return [];
      const ids: (number | undefined)[] = encoder.encode(text, { add_special_tokens: false }).ids;
      return ids.filter((id) => id !== undefined);
    },
    decode,
    countBytes(ids) {
      if (!isByteLevel(json.decoder)) {
        throw new UnmaskError(
          'bad-model',
          'tokenizer.json is not byte-level, so its tokens have no bytes to count. Take a model whose tokenizer is.',
        );
      }
      return ids.reduce((bytes, id) => bytes + bytesOf(id), 0);
    },
    stream: () => new StreamDecoder(decode),
  };
}

/** True of the decoder of a byte-level tokenizer, alone or in a sequence. */
function isByteLevel(decoder: unknown): boolean {
  const { type, decoders } = Object(decoder);
  return type === 'ByteLevel' || (Array.isArray(decoders) && decoders.some(isByteLevel));
}

/** The files are not trusted: whatever the library stumbles over is told as a damaged model. */
function construct(json: Record<string, unknown>, config: Record<string, unknown>): HuggingFaceTokenizer {
  try {
    const tokenizer = new HuggingFaceTokenizer(json, config);
    // Some damage shows only in use.
    tokenizer.encode('a');
    tokenizer.decode([0]);
    return tokenizer;
  } catch (error) {
    throw damaged('tokenizer.json', error instanceof Error ? error.message : String(error));
  }
}

function parseObject(file: string, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged(file, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(file, 'it is not a JSON object');
  return value as Record<string, unknown>;
}

function damaged(file: string, what: string): UnmaskError {
  return new UnmaskError('bad-model', `${file} cannot be used: ${what}. Export the model again.`);
}
