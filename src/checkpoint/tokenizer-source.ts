import { UnmaskError } from '../errors';
import { MODEL_FILES } from '../model/format/manifest';
import type { JsonObject } from '../network/fields';
import type { CheckpointFiles } from './checkpoint-files';
import { parseJsonObject, readIfThere } from './small-files';

export const SPECIAL_TOKENS = 'special_tokens_map.json';
export const ADDED_TOKENS = 'added_tokens.json';

/** What a model folder takes along. */
const KEPT = [
  MODEL_FILES.tokenizer,
  MODEL_FILES.tokenizerConfig,
  MODEL_FILES.chatTemplate,
  MODEL_FILES.chatTemplateJson,
] as const;

/** The tokenizer files of a checkpoint. */
export interface TokenizerSource {
  /** Those that a model folder takes along, as they are, by name. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What is known of special tokens, by file: all that are there of the four that tell of them. */
  readonly json: ReadonlyMap<string, JsonObject>;
}

/** Throws `bad-model` for a file that cannot be read. */
export async function readTokenizer(files: CheckpointFiles, signal?: AbortSignal): Promise<TokenizerSource> {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const json = new Map<string, JsonObject>();
  for (const path of [...KEPT, SPECIAL_TOKENS, ADDED_TOKENS]) {
    const bytes = await readIfThere(files, path, signal);
    if (!bytes) continue;
    if ((KEPT as readonly string[]).includes(path)) kept.set(path, bytes);
    if (path.endsWith('.json') && path !== MODEL_FILES.chatTemplateJson) json.set(path, parseJsonObject(path, bytes));
  }
  return { files: kept, json };
}

/** Whether it can turn text into ids: a checkpoint with files about special tokens alone runs on ids. */
export function readsText({ files }: TokenizerSource): boolean {
  return files.has(MODEL_FILES.tokenizer);
}

/** A tokenizer for a checkpoint that has none: what the checkpoint says of special tokens stays its own. */
export function withTokenizer(own: TokenizerSource, others: TokenizerSource): TokenizerSource {
  return { files: new Map([...others.files, ...own.files]), json: new Map([...others.json, ...own.json]) };
}

/** The ids of a tokenizer's tokens by their text. */
export class TokenIds {
  readonly #json: ReadonlyMap<string, JsonObject>;

  /** Throws `bad-model` where the tokenizer has ids that the model has not. */
  constructor({ json }: TokenizerSource, vocabSize: number) {
    this.#json = json;
    for (const [path, largest] of this.#largestIds()) {
      if (largest < vocabSize) continue;
      throw new UnmaskError(
        'bad-model',
        `${path} has ids up to ${largest}, and the model's vocab_size is ${vocabSize}. ` +
          'Give the tokenizer that the model was trained with.',
      );
    }
  }

  /** Undefined for a token that is not there. */
  find(text: string): number | undefined {
    const isIt = (token: unknown) => Object(token).content === text;
    const decoded = this.#decoder.find(([, token]) => isIt(token))?.[0];
    const ids: unknown[] = [
      Object(this.#added.find(isIt)).id,
      this.#inVocabulary(text),
      decoded === undefined ? undefined : Number(decoded),
      ownValue(this.#map, text),
    ];
    return ids.find((id): id is number => Number.isSafeInteger(id));
  }

  #inVocabulary(text: string): unknown {
    const vocab: unknown = Object(this.#tokenizer.model).vocab;
    if (!Array.isArray(vocab)) return ownValue(vocab, text);
    // Unigram models list their tokens, and an id is a place in the list.
    const place = vocab.findIndex((token) => listOf(token)[0] === text);
    return place < 0 ? undefined : place;
  }

  get #tokenizer(): JsonObject {
    return this.#json.get(MODEL_FILES.tokenizer) ?? {};
  }

  get #added(): readonly unknown[] {
    return listOf(this.#tokenizer.added_tokens);
  }

  /** `added_tokens_decoder` of `tokenizer_config.json`: tokens by their ids. */
  get #decoder(): [string, unknown][] {
    return Object.entries(Object(this.#json.get(MODEL_FILES.tokenizerConfig)?.added_tokens_decoder));
  }

  /** `added_tokens.json`: ids by their tokens. */
  get #map(): JsonObject {
    return this.#json.get(ADDED_TOKENS) ?? {};
  }

  #largestIds(): [path: string, id: number][] {
    const vocab: unknown = Object(this.#tokenizer.model).vocab;
    const ofModel = Array.isArray(vocab) ? vocab.length - 1 : mostOf(Object.values(Object(vocab)));
    const ofAdded = mostOf(this.#added.map((token) => Object(token).id));
    return [
      [MODEL_FILES.tokenizer, Math.max(ofModel, ofAdded)],
      [MODEL_FILES.tokenizerConfig, mostOf(this.#decoder.map(([id]) => Number(id)))],
      [ADDED_TOKENS, mostOf(Object.values(this.#map))],
    ];
  }
}

function ownValue(object: unknown, key: string): unknown {
  return Object.hasOwn(Object(object), key) ? Object(object)[key] : undefined;
}

/** The largest of those that are numbers; −1 where none is. */
function mostOf(values: readonly unknown[]): number {
  return values.reduce<number>((most, value) => (typeof value === 'number' && value > most ? value : most), -1);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
