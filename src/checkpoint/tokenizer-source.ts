import { join } from 'node:path';
import { UnmaskError } from '../errors';
import { MODEL_FILES } from '../model/format/manifest';
import type { ModelConfig } from '../network/model-config';
import { type JsonObject, parseJsonObject, readIfThere } from './json-files';

const SPECIAL_TOKENS = 'special_tokens_map.json';

/** What the published models begin and end a text with, where no file names another token. */
const END_OF_TEXT = '<|endoftext|>';

/** The tokenizer files of a folder, as they are. */
export interface TokenizerSource {
  /** `tokenizer.json` and, where it is there, `tokenizer_config.json`, by name: what a model folder takes along. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** `special_tokens_map.json`, of which only BOS and EOS are needed. */
  readonly specialTokens: Uint8Array | undefined;
}

/** The tokenizer of a folder; null where there is no `tokenizer.json`. Throws `bad-model` for a file that cannot be read. */
export async function readTokenizer(folder: string): Promise<TokenizerSource | null> {
  const json = await readIfThere(join(folder, MODEL_FILES.tokenizer));
  if (!json) return null;
  const files = new Map<string, Uint8Array>([[MODEL_FILES.tokenizer, json]]);
  const config = await readIfThere(join(folder, MODEL_FILES.tokenizerConfig));
  if (config) files.set(MODEL_FILES.tokenizerConfig, config);
  return { files, specialTokens: await readIfThere(join(folder, SPECIAL_TOKENS)) };
}

/**
 * BOS and EOS of a tokenizer: as `tokenizer_config.json` says, else `special_tokens_map.json`, else `<|endoftext|>`
 * if it was added to the vocabulary. Null is no token, whichever file says it; null for a model without a tokenizer.
 * Throws `bad-model` for files that cannot be used, and a vocabulary that the model does not have.
 */
export function specialIds(tokenizer: TokenizerSource | null, vocabSize: number): Pick<ModelConfig, 'bosId' | 'eosId'> {
  if (!tokenizer) return { bosId: null, eosId: null };
  const { files, specialTokens } = tokenizer;
  const json = parseJsonObject(MODEL_FILES.tokenizer, files.get(MODEL_FILES.tokenizer)!);
  checkIds(json, vocabSize);
  const configBytes = files.get(MODEL_FILES.tokenizerConfig);
  const named = [
    ...(configBytes
      ? [{ file: MODEL_FILES.tokenizerConfig, tokens: parseJsonObject(MODEL_FILES.tokenizerConfig, configBytes) }]
      : []),
    ...(specialTokens ? [{ file: SPECIAL_TOKENS, tokens: parseJsonObject(SPECIAL_TOKENS, specialTokens) }] : []),
  ];
  const idNamed = (field: 'bos_token' | 'eos_token'): number | null => {
    const found = named.find(({ tokens }) => tokens[field] !== undefined);
    if (!found) return addedId(json, END_OF_TEXT) ?? null;
    // A text, or an object that has it as `content`, or null.
    const token = found.tokens[field];
    const text: unknown = typeof token === 'string' ? token : Object(token).content;
    if (typeof text !== 'string') return null;
    const id = addedId(json, text) ?? Object(Object(json.model).vocab)[text];
    if (typeof id === 'number') return id;
    throw new UnmaskError('bad-model', `tokenizer.json lacks ${text}, which ${found.file} names.`);
  };
  return { bosId: idNamed('bos_token'), eosId: idNamed('eos_token') };
}

function addedId({ added_tokens: added }: JsonObject, text: string): number | undefined {
  const id: unknown = Object(listOf(added).find((token) => Object(token).content === text)).id;
  return typeof id === 'number' ? id : undefined;
}

/** Throws `bad-model` where the tokenizer has ids that the model has not. */
function checkIds({ model, added_tokens: added }: JsonObject, vocabSize: number): void {
  const vocab: unknown = Object(model).vocab;
  // Unigram models list their tokens, and an id is a place in the list.
  const largest = Array.isArray(vocab) ? vocab.length - 1 : mostOf(Object.values(Object(vocab)));
  const id = Math.max(largest, mostOf(listOf(added).map((token) => Object(token).id)));
  if (id < vocabSize) return;
  throw new UnmaskError(
    'bad-model',
    `tokenizer.json has ids up to ${id}, and the model's vocab_size is ${vocabSize}. Give the tokenizer that the model was trained with.`,
  );
}

/** The largest of those that are numbers; −1 where none is. */
function mostOf(values: readonly unknown[]): number {
  return values.reduce<number>((most, value) => (typeof value === 'number' && value > most ? value : most), -1);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
