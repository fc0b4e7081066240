import type { BackendChoice } from '../library/node';
import { readBackend } from './backend-choice';
import { FLAG, readNumber, readOptions, TEXT, UsageError } from './command';

export const SCORE_HELP = `Tells how well a model folder predicts documents: its NELBO, estimated, or at block size 1 its exact likelihood.

  npm run -s score -- --jsonl <file> --block-size <n> [options]

  --model <folder>      a model folder with a tokenizer, as \`npm run export\` writes it, or the name of an embedded one
                        (default: stories)
  --jsonl <file>        one object a line: a document with kind, title and text, or prompt and text, which is
                        the answer to it; .gz is unpacked
  --block-size <n>      one the model was trained on
  --limit <n>           score only the first n documents (default: all)
  --samples <n>         draws of noise to average over (default: 1)
  --seed <n>            0 to 4294967295; the same seed gives the same numbers (default: 0)
  --backend <name>      webgpu or wasm (default: webgpu if there is a GPU, otherwise wasm)
  --json                print one object instead of a summary
  --help                print this

A document is BOS, where the model has one, then "kind: title", an empty line, the text and the id that ends a text,
cut to the model's context length. Every token but the first is scored. An answer follows its prompt in the model's
chat template; it and the id that ends it are scored.

--json prints documents, tokens and bytes (those scored, <|endoftext|> being a token of 0 bytes),
nelbo_nats_per_token, ppl (its exponential), bits_per_byte, stderr (of the nats a token, over documents; null for
a single one), block_size and samples. Ctrl-C ends it with the documents that are done.
`;

export interface ScoreOptions {
  /** Path of the model folder. Undefined: the stories model. */
  readonly model: string | undefined;
  /** Path of the documents. */
  readonly jsonl: string;
  readonly blockSize: number;
  /** Undefined: all documents. */
  readonly limit: number | undefined;
  readonly samples: number;
  readonly seed: number;
  readonly backend: BackendChoice;
  readonly json: boolean;
}

const OPTIONS = {
  model: TEXT,
  jsonl: TEXT,
  'block-size': TEXT,
  limit: TEXT,
  samples: TEXT,
  seed: TEXT,
  backend: TEXT,
  json: FLAG,
  help: FLAG,
} as const;

/** Reads a command line, or returns `help` if it asks for that. Throws UsageError. */
export function readScoreOptions(args: readonly string[]): ScoreOptions | 'help' {
  const values = readOptions(args, OPTIONS);
  if (values.help) return 'help';
  const number = (name: 'block-size' | 'limit' | 'samples' | 'seed', least: number) =>
    readWhole(name, values[name], least);
  if (!values.jsonl) throw new UsageError('Name a file of documents with --jsonl.');
  const blockSize = number('block-size', 1);
  if (blockSize === undefined) throw new UsageError('Give a block size with --block-size.');
  return {
    model: values.model,
    jsonl: values.jsonl,
    blockSize,
    limit: number('limit', 1),
    samples: number('samples', 1) ?? 1,
    seed: number('seed', 0) ?? 0,
    backend: readBackend(values.backend),
    json: values.json ?? false,
  };
}

/** Seeds have 32 bits, and nobody has more documents. */
const MOST = 0xffff_ffff;

function readWhole(name: string, text: string | undefined, least: number): number | undefined {
  const value = readNumber(name, text);
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= MOST)) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${MOST}, not ${value}.`);
}
