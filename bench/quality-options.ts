import { readBackend } from '../src/cli/backend-choice';
import { FLAG, readNumber, readOptions, TEXT, UsageError } from '../src/cli/command';
import type { BackendChoice } from '../src/library/models';

export const QUALITY_HELP = `Measures text quality against forward passes per token, for each reveal policy.

  npm run -s quality -- --model <folder> --out <file> [options]

  --model <folder>      a model folder with a tokenizer, trained on block size 1 among others
  --out <file>          one JSON object a text is added to it; texts that it already has are not written again
  --max-tokens <n>      tokens of each text (default: 128)
  --samples <n>         texts of each setting, each with its own prompt and seed (default: 3)
  --backend <name>      webgpu or wasm (default: webgpu if there is a GPU, otherwise wasm)
  --help                print this

Ctrl-C ends it; the same command goes on where it was. Settings in blocks that the model was not trained on are
left out. nats_per_token is −log p of the written tokens under the model itself at block size 1.
`;

export interface QualityOptions {
  /** Path of the model folder. */
  readonly model: string;
  /** Path of the results. */
  readonly out: string;
  readonly maxTokens: number;
  readonly samples: number;
  readonly backend: BackendChoice;
}

const OPTIONS = {
  model: TEXT,
  out: TEXT,
  'max-tokens': TEXT,
  samples: TEXT,
  backend: TEXT,
  help: FLAG,
} as const;

/** Reads a command line, or returns `help` if it asks for that. Throws UsageError. */
export function readQualityOptions(args: readonly string[]): QualityOptions | 'help' {
  const values = readOptions(args, OPTIONS);
  if (values.help) return 'help';
  if (!values.model) throw new UsageError('Name a model folder with --model.');
  if (!values.out) throw new UsageError('Name a file for the results with --out.');
  return {
    model: values.model,
    out: values.out,
    maxTokens: readNumber('max-tokens', values['max-tokens']) ?? 128,
    samples: readNumber('samples', values.samples) ?? 3,
    backend: readBackend(values.backend),
  };
}
