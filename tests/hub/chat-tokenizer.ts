import { byteCharacters } from '../long/random-tokenizer';

const ADDED = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const MERGES = [
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
] as const;

/** ChatML, with the empty thought of those that are asked for one. */
const TEMPLATE =
  "{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endfor %}" +
  "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}";

/**
 * The tokenizer files of a chat model, as transformers 5 writes them: merges as pairs, and the template in a file of its
 * own. The mask token is the last id.
 */
export function chatTokenizer(mask: string | null): ReadonlyMap<string, Buffer> {
  const vocab = [...byteCharacters(), ...MERGES.map((pair) => pair.join(''))];
  const added = mask === null ? ADDED : [...ADDED, mask];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const files = {
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.map((content, index) => ({ id: vocab.length + index, content, ...flags })),
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
        merges: MERGES,
      },
    },
    'tokenizer_config.json': {
      backend: 'tokenizers',
      eos_token: { __type: 'AddedToken', content: '<|im_end|>', ...flags },
      extra_special_tokens: ADDED,
      pad_token: '<|endoftext|>',
      tokenizer_class: 'TokenizersBackend',
    },
  };
  return new Map([
    ...Object.entries(files).map(([path, json]) => [path, Buffer.from(JSON.stringify(json))] as const),
    ['chat_template.jinja', Buffer.from(TEMPLATE)] as const,
  ]);
}

/** Ids of `chatTokenizer`, the mask included. */
export const CHAT_VOCABULARY = 256 + MERGES.length + ADDED.length + 1;
