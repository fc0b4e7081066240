import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Ids of the published models' tokenizer: 256 bytes, merges, and one token that ends a text. */
const BYTES = 256;
const MERGES = 50_000;
export const END_OF_TEXT = BYTES + MERGES;

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

/**
 * Writes a tokenizer in the form and size of GPT-2's, whose repository has these two files and no other that says what
 * the special tokens are. Its merges make words of up to four letters, and none is drawn at random.
 */
export async function writeTokenizer(folder: string): Promise<void> {
  const merges = syntheticMerges();
  const tokens = [...byteCharacters(), ...merges.map(([left, right]) => left + right), '<|endoftext|>'];
  const added = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: true };
  const byteLevel = (addPrefixSpace: boolean, trimOffsets: boolean) => ({
    type: 'ByteLevel',
    add_prefix_space: addPrefixSpace,
    trim_offsets: trimOffsets,
  });
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [{ id: END_OF_TEXT, content: '<|endoftext|>', ...added }],
      normalizer: null,
      pre_tokenizer: byteLevel(false, true),
      post_processor: byteLevel(true, false),
      decoder: byteLevel(true, true),
      // GPT-2's names no type.
      model: {
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: merges.map((pair) => pair.join(' ')),
      },
    }),
  );
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: 1024 }));
}

/** Space and letter, two letters, space and three letters, then four letters. */
function syntheticMerges(): (readonly [string, string])[] {
  const starts = LETTERS.map((letter) => ['Ġ', letter] as const);
  const pairs = LETTERS.flatMap((first) => LETTERS.map((second) => [first, second] as const));
  const words = starts.flatMap((start) => pairs.map((pair) => [start.join(''), pair.join('')] as const));
  const fours = pairs.flatMap((first) => pairs.map((second) => [first.join(''), second.join('')] as const));
  return [...starts, ...pairs, ...words, ...fours].slice(0, MERGES);
}

/** The characters that stand for bytes in byte-level vocabularies, in GPT-2's order: printable ones as they are first. */
export function byteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const bytes = Array.from({ length: BYTES }, (_, byte) => byte);
  const [printable, others] = [bytes.filter(isPrintable), bytes.filter((byte) => !isPrintable(byte))];
  return [...printable.map((byte) => String.fromCharCode(byte)), ...others.map((_, i) => String.fromCharCode(256 + i))];
}
