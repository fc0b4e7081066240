import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { UnmaskError } from '../errors';
import { parseUntrustedJson } from '../untrusted-json';
import { checkPart, PARTS } from './check-parts';
import { checkVocabulary, type Vocabulary } from './check-vocabulary';
import { StreamDecoder } from './stream-decoder';

/** Text to ids and back, as the tokenizer files of a model say. */
export interface Tokenizer {
  /**
   * Ids of a text, nothing added. Text that spells a special token, such as `<|mask|>`, stays text.
   * What the vocabulary cannot express (nothing, in byte-level models) becomes its unknown token or nothing.
   */
  encode(text: string): number[];
  /** What special tokens look like in text. */
  readonly specialTokens: readonly string[];
  /**
   * Ids of a text in which special tokens are tokens; `textOf` is applied to what is between them before it is
   * encoded.
   */
  encodeWithSpecial(text: string, textOf?: (text: string) => string): number[];
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
 * trusted. Its ids are below `vocabSize`. A model without the second file gets the defaults. Throws `bad-model`.
 */
export function createTokenizer(vocabSize: number, tokenizerJson: Uint8Array, tokenizerConfig?: Uint8Array): Tokenizer {
  const { additional_special_tokens } = tokenizerConfig ? parseObject('tokenizer_config.json', tokenizerConfig) : {};
  const config = { additional_special_tokens: textsIn(additional_special_tokens) };
  const json = checkTokenizer(parseObject('tokenizer.json', tokenizerJson), vocabSize);
  const { added_tokens: added } = json;
  const decoder = construct(json, config);
  // The library turns text that spells an added token into its id. One without special tokens does not.
  const encoder = construct({ ...json, added_tokens: added.filter(({ special }) => !special) }, config);

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
  function encode(text: string): number[] {
    if (text === '') return [];
    const ids: (number | undefined)[] = encoder.encode(text, { add_special_tokens: false }).ids;
    return ids.filter((id) => id !== undefined);
  }
  const specialIds = new Map(added.flatMap(({ special, content, id }) => (special ? [[content, id]] : [])));
  const specialTokens = [...specialIds.keys()].filter((token) => token !== '');
  return {
    encode,
    specialTokens,
    encodeWithSpecial: (text, textOf = (between) => between) =>
      splitAt(text, specialTokens).flatMap((piece, index) =>
        index % 2 === 1 ? [specialIds.get(piece)!] : encode(textOf(piece)),
      ),
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

/** A text cut at these tokens, of two that begin at one place at the longer: text, token, text, … text. */
function splitAt(text: string, tokens: readonly string[]): string[] {
  if (tokens.length === 0) return [text];
  const longestFirst = tokens.toSorted((a, b) => b.length - a.length);
  const literal = (token: string) => token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.split(new RegExp(`(${longestFirst.map(literal).join('|')})`));
}

interface CheckedTokenizer {
  readonly model: Vocabulary['model'];
  readonly added_tokens: Vocabulary['addedTokens'];
  readonly decoder: unknown;
}

const MOST_SPECIAL = 4096;

/** True of the decoder of a byte-level tokenizer, alone or in a sequence. */
function isByteLevel(decoder: unknown): boolean {
  const { type, decoders } = Object(decoder);
  return type === 'ByteLevel' || (Array.isArray(decoders) && decoders.some(isByteLevel));
}

/**
 * What the library is given of `tokenizer.json`: all that it reads is checked, and what is not is left out, such as
 * truncation and padding. Throws `bad-model`.
 */
function checkTokenizer(json: Record<string, unknown>, vocabSize: number) {
  try {
    const { model, addedTokens } = checkVocabulary(json.model, json.added_tokens ?? [], vocabSize);
    const parts = PARTS.map((part) => [part, checkPart(part, json[part])]);
    return { ...Object.fromEntries(parts), model, added_tokens: addedTokens } as CheckedTokenizer;
  } catch (error) {
    throw damaged('tokenizer.json', error instanceof Error ? error.message : String(error));
  }
}

/** Special tokens that are named in `tokenizer_config.json` alone; older files name them as objects, in both. */
function textsIn(list: unknown): string[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || list.length > MOST_SPECIAL) {
    throw damaged('tokenizer_config.json', `additional_special_tokens is not a list of at most ${MOST_SPECIAL}`);
  }
  return list.filter((token) => typeof token === 'string');
}

/** Whatever the library still stumbles over is told as a damaged model. */
function construct(json: object, config: object): HuggingFaceTokenizer {
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
  const value = parseUntrustedJson(bytes, (what) => damaged(file, what));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(file, 'it is not a JSON object');
  return value as Record<string, unknown>;
}

function damaged(file: string, what: string): UnmaskError {
  return new UnmaskError('bad-model', `${file} cannot be used: ${what}. Get the model's tokenizer again.`);
}
