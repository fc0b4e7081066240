import { UnmaskError } from '../errors';
import { StreamDecoder } from './stream-decoder';
import type { Tokenizer } from './tokenizer';

/** Stands for the tokenizer of a model that runs on ids alone: ids have no text. Encoding a text throws `bad-input`. */
export const NO_TOKENIZER: Tokenizer = {
  encode: (text) => (text === '' ? [] : refuse()),
  specialTokens: [],
  encodeWithSpecial: () => refuse(),
  decode: () => '',
  countBytes: () => 0,
  stream: () => new StreamDecoder(() => ''),
};

function refuse(): never {
  throw new UnmaskError(
    'bad-input',
    'This model has no tokenizer and runs on ids alone. Give it ids in place of text: on the command line, --prompt-ids.',
  );
}
