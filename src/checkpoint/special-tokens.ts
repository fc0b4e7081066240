import { UnmaskError } from '../errors';
import { MODEL_FILES } from '../model/format/manifest';
import type { JsonObject } from '../network/fields';
import { SPECIAL_TOKENS, TokenIds, type TokenizerSource } from './tokenizer-source';

/** What tokenizers of diffusion models call the mask token where no file says which it is. */
const MASK_TOKENS = ['<|mask|>', '|<MASK>|', '<|MASK|>'];

/** What a tokenizer says of special tokens. */
export interface SpecialIds {
  readonly maskId: number | null;
  readonly bosId: number | null;
  readonly addsBos: boolean;
  readonly eosIds: readonly number[];
}

type Field = 'bos_token' | 'eos_token' | 'mask_token';

/**
 * Mask, BOS and EOS of a tokenizer: as `tokenizer_config.json` says, else `special_tokens_map.json`. Where neither
 * names BOS or EOS, it is `usual` if the tokenizer has that token. Null is no token, whichever file says it. Throws
 * `bad-model` for files that cannot be used, and ids that the model does not have.
 */
export function specialIds(tokenizer: TokenizerSource, vocabSize: number, usual: string | null): SpecialIds {
  const ids = new TokenIds(tokenizer, vocabSize);
  const idsNamed = (field: Field, most: number): number[] | undefined => {
    const named = namedToken(tokenizer, field);
    if (!named) return undefined;
    const { path, token } = named;
    // Null is no token; false is what some files have for it.
    if (token === null || token === false) return [];
    const list = Array.isArray(token) ? token : [token];
    if (list.length > most) refuse(path, field, `names ${list.length} tokens, and a model can have ${most}`);
    return list.map((each) => idOf(each, ids, { tokenizer, path, field, vocabSize }));
  };
  const usualIds = () => {
    const id = usual === null ? undefined : ids.find(usual);
    return id === undefined ? [] : [id];
  };
  const mask =
    idsNamed('mask_token', 1)?.[0] ?? MASK_TOKENS.map((text) => ids.find(text)).find((id) => id !== undefined);
  const bosId = (idsNamed('bos_token', 1) ?? usualIds())[0] ?? null;
  const eosIds = idsNamed('eos_token', MOST_EOS) ?? usualIds();
  return {
    maskId: mask ?? null,
    bosId,
    addsBos: bosId !== null && addsBos(tokenizer, bosId),
    eosIds: [...new Set(eosIds)],
  };
}

const MOST_EOS = 64;

/** The value of a field in the first file that has it. */
function namedToken({ json }: TokenizerSource, field: Field): { path: string; token: unknown } | undefined {
  for (const path of [MODEL_FILES.tokenizerConfig, SPECIAL_TOKENS]) {
    const token = json.get(path)?.[field];
    if (token !== undefined) return { path, token };
  }
  return undefined;
}

interface Named {
  readonly tokenizer: TokenizerSource;
  readonly path: string;
  readonly field: Field;
  readonly vocabSize: number;
}

/** A token is its text, an object that has it as `content`, or its id. */
function idOf(token: unknown, ids: TokenIds, { tokenizer, path, field, vocabSize }: Named): number {
  if (typeof token === 'number') {
    if (Number.isSafeInteger(token) && token >= 0 && token < vocabSize) return token;
    refuse(path, field, `is ${token}, and ids must be below ${vocabSize}`);
  }
  const text: unknown = typeof token === 'string' ? token : Object(token).content;
  if (typeof text !== 'string') refuse(path, field, `is ${JSON.stringify(token)}, which names no token`);
  const id = ids.find(text);
  if (id !== undefined) return id;
  const lacking = tokenizer.files.has(MODEL_FILES.tokenizer)
    ? `${MODEL_FILES.tokenizer} lacks`
    : 'No file has the id of';
  throw new UnmaskError('bad-model', `${lacking} ${text}, which ${path} names.`);
}

function refuse(path: string, field: Field, what: string): never {
  throw new UnmaskError('bad-model', `${path}: ${field} ${what}. Get the tokenizer again, or take another.`);
}

/** Whether the tokenizer puts BOS before a text: by its config, or by the template of its post-processor. */
function addsBos({ json }: TokenizerSource, bosId: number): boolean {
  if (json.get(MODEL_FILES.tokenizerConfig)?.add_bos_token === true) return true;
  const processor = Object(json.get(MODEL_FILES.tokenizer)?.post_processor) as JsonObject;
  const processors: unknown[] = Array.isArray(processor.processors) ? processor.processors : [processor];
  return processors.some((each) => {
    const { single, special_tokens: tokens } = Object(each) as JsonObject;
    const first: unknown = Array.isArray(single) ? Object(single[0]).SpecialToken : undefined;
    const ids: unknown = Object(Object(tokens)[String(Object(first).id)]).ids;
    return Array.isArray(ids) && ids[0] === bosId;
  });
}
