/** The model of `tokenizer.json`, and its added tokens, as the library may see them. */
export interface Vocabulary {
  readonly model: Readonly<Record<string, unknown>>;
  readonly addedTokens: readonly AddedToken[];
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** Characters: Qwen's longest are 128 spaces, in byte-level spelling. */
const LONGEST_TOKEN = 1024;
const MOST_ADDED = 4096;
/** Llama 3 has two merges to a token. */
const MERGES_PER_TOKEN = 8;

/**
 * Checks that a vocabulary is a BPE of at most `size` tokens whose ids are whole numbers below it, each of one token, and whose
 * merges make known tokens of known tokens. Throws an Error that says what is wrong.
 */
export function checkVocabulary(model: unknown, addedTokens: unknown, size: number): Vocabulary {
  // GPT-2's own file, of 2020, names no type.
  const {
    type = 'BPE',
    vocab,
    merges,
    unk_token,
    fuse_unk,
    byte_fallback,
    ignore_merges,
    ...others
  } = objectIn('model', model);
  if (type !== 'BPE') throw new Error('model is not of type BPE');
  for (const field of ['continuing_subword_prefix', 'continuing_subword_suffix', 'end_of_word_suffix']) {
    if ((others[field] ?? '') !== '') throw new Error(`${field} is given, and only tokenizers without it are read`);
  }
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  for (const [token, id] of Object.entries(objectIn('vocab', vocab))) addToken(ids, tokens, token, id, size);
  if ((unk_token ?? null) !== null && !(typeof unk_token === 'string' && ids.has(unk_token))) {
    throw new Error('unk_token is not in the vocabulary');
  }
  const checked = {
    type,
    vocab,
    merges: checkMerges(merges, ids),
    unk_token: unk_token ?? null,
    fuse_unk: booleanIn('fuse_unk', fuse_unk),
    byte_fallback: booleanIn('byte_fallback', byte_fallback),
    ignore_merges: booleanIn('ignore_merges', ignore_merges),
  };
  return { model: checked, addedTokens: checkAddedTokens(addedTokens, ids, tokens, size) };
}

function addToken(ids: Map<string, number>, tokens: Map<number, string>, token: string, id: unknown, size: number) {
  if (token.length > LONGEST_TOKEN) throw new Error(`a token has more than ${LONGEST_TOKEN} characters`);
  if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) >= size) {
    throw new Error(`the id of a token is not a whole number below ${size}, the vocabSize of config.json`);
  }
  if (tokens.has(id as number)) throw new Error(`the id ${id} has two tokens`);
  ids.set(token, id as number);
  tokens.set(id as number, token);
}

/** As pairs, though older files have texts with a space between. */
function checkMerges(merges: unknown, ids: ReadonlyMap<string, number>): (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw new Error('merges is not a list');
  if (merges.length > MERGES_PER_TOKEN * ids.size) throw new Error('merges are many more than the tokens');
  return merges.map((merge: unknown, index) => {
    const pair: unknown[] = typeof merge === 'string' ? merge.split(' ', 3) : Array.isArray(merge) ? merge : [];
    const [left, right] = pair;
    const isPair = pair.length === 2 && typeof left === 'string' && typeof right === 'string';
    if (!isPair || !ids.has(left) || !ids.has(right) || !ids.has(left + right)) {
      throw new Error(`number ${index + 1} of merges does not make a token of two tokens`);
    }
    return [left, right] as const;
  });
}

function checkAddedTokens(
  list: unknown,
  ids: Map<string, number>,
  tokens: Map<number, string>,
  size: number,
): AddedToken[] {
  if (!Array.isArray(list) || list.length > MOST_ADDED) {
    throw new Error(`added_tokens is not a list of at most ${MOST_ADDED}`);
  }
  const before = new Set<unknown>();
  return list.map((entry: unknown) => {
    const { id, content, ...flags } = objectIn('an entry of added_tokens', entry);
    if (typeof content !== 'string' || content === '') throw new Error('an added token has no content');
    if (before.has(content)) throw new Error('an added token is there twice');
    before.add(content);
    // It may be in the vocabulary too, but then as the same.
    if (ids.get(content) !== id) {
      if (ids.has(content)) throw new Error(`the added token ${id} has another id in the vocabulary`);
      addToken(ids, tokens, content, id, size);
    }
    const flag = (name: string) => booleanIn(name, flags[name]);
    const special = flag('special');
    return {
      id: id as number,
      content,
      special,
      single_word: flag('single_word'),
      lstrip: flag('lstrip'),
      rstrip: flag('rstrip'),
      normalized: flags.normalized === undefined ? !special : flag('normalized'),
    };
  });
}

function objectIn(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not an object`);
  return value as Record<string, unknown>;
}

/** False where it is left out, as in the library. */
function booleanIn(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new Error(`${name} is neither true nor false`);
  return value;
}
