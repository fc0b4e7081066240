import { FLAG, parseCommandLine, readNumber, TEXT, UsageError } from '../src/cli/command';
import { FILE_BYTES } from '../src/convert/plan-files';
import { WEIGHT_DTYPES, type WeightDtype } from '../src/model/format/packing';

const MIB = 2 ** 20;

export const EXPORT_HELP = `Writes a model folder from a checkpoint of a block diffusion or autoregressive language model.

  npm run -s export -- <checkpoint-folder> <model-folder> [--dtype f32|f16|q8|q4] [--embedding-dtype f32|f16|q8|q4]
                       [--shard-mib <n>] [--tokenizer <folder>]

  <checkpoint-folder>   config.json and model.safetensors (or its shards) in the Hugging Face layout;
                        tokenizer.json, tokenizer_config.json, chat_template.jinja, generation_config.json and README.md
                        are taken along if they are there
  <model-folder>        is made; a model that is in it already is replaced
  --dtype <name>        how matrices are stored: f32, f16, or 8 or 4 bits with a scale for each 32 columns of a
                        row, q8 or q4 (default: q8)
  --embedding-dtype <name>
                        how the embedding and the head are stored (default: as the other matrices)
  --shard-mib <n>       the largest file of weights, in MiB (default: ${FILE_BYTES / MIB}, as some hosts take no file above 25)
  --tokenizer <folder>  where the tokenizer files are if the checkpoint has none, as the published ones, which use
                        GPT-2's
  --help                print this
`;

export interface ExportCommand {
  readonly from: string;
  readonly to: string;
  readonly dtype: WeightDtype;
  readonly embeddingDtype: WeightDtype;
  readonly fileBytes: number;
  readonly tokenizerFolder: string | undefined;
}

/** Reads the command line. Throws UsageError. */
export function readExportOptions(args: readonly string[]): ExportCommand | 'help' {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: { dtype: TEXT, 'embedding-dtype': TEXT, 'shard-mib': TEXT, tokenizer: TEXT, help: FLAG },
    allowPositionals: true,
  });
  if (values.help) return 'help';
  const [from, to, ...others] = positionals;
  if (!from || !to || others.length > 0) throw new UsageError('Name a checkpoint folder and a model folder.');
  const dtype = readDtype('dtype', values.dtype, 'q8');
  const embeddingDtype = readDtype('embedding-dtype', values['embedding-dtype'], dtype);
  const mebibytes = readNumber('shard-mib', values['shard-mib']) ?? FILE_BYTES / MIB;
  if (!Number.isSafeInteger(mebibytes * MIB) || !Number.isInteger(mebibytes) || mebibytes < 1) {
    throw new UsageError(`--shard-mib must be a whole number of at least 1, not "${values['shard-mib']}".`);
  }
  return { from, to, dtype, embeddingDtype, fileBytes: mebibytes * MIB, tokenizerFolder: values.tokenizer };
}

function readDtype(name: string, value: string | undefined, whenMissing: WeightDtype): WeightDtype {
  const dtype = WEIGHT_DTYPES.find((dtype) => dtype === (value ?? whenMissing));
  if (dtype) return dtype;
  throw new UsageError(`--${name} must be f32, f16, q8 or q4, not "${value}".`);
}
