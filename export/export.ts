import { EXIT, parseCommandLine, report, UsageError } from '../src/cli/command';
import type { WeightDtype } from '../src/weights/manifest';
import { exportCheckpoint } from './export-checkpoint';

const HELP = `Writes a model folder from a BD3-LM checkpoint.

  npm run -s export -- <checkpoint-folder> <model-folder> [--dtype f32|f16|q8|q4]

  <checkpoint-folder>   config.json and model.safetensors (or its shards) in the Hugging Face layout;
                        tokenizer.json, tokenizer_config.json and README.md are taken along if they are there
  <model-folder>        is made; a model that is in it already is replaced
  --dtype <name>        how matrices are stored: f32, f16, or 8 or 4 bits with a scale for each 32 columns of a
                        row, q8 or q4 (default: q8)
  --help                print this
`;

interface ExportOptions {
  readonly from: string;
  readonly to: string;
  readonly dtype: WeightDtype;
}

function readOptions(args: string[]): ExportOptions | 'help' {
  const options = { dtype: { type: 'string', default: 'q8' }, help: { type: 'boolean' } } as const;
  const { values, positionals } = parseCommandLine({ args, options, allowPositionals: true });
  if (values.help) return 'help';
  const [from, to, ...others] = positionals;
  if (!from || !to || others.length > 0) throw new UsageError('Name a checkpoint folder and a model folder.');
  const { dtype } = values;
  if (dtype !== 'f32' && dtype !== 'f16' && dtype !== 'q8' && dtype !== 'q4') {
    throw new UsageError(`--dtype must be f32, f16, q8 or q4, not "${dtype}".`);
  }
  return { from, to, dtype };
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const { from, to, dtype } = options;
  const { parameters, files } = await exportCheckpoint(from, to, dtype);
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const size = `${(parameters / 1e6).toFixed(1)} million parameters as ${dtype}, ${megabytes.toFixed(1)} MB`;
  process.stdout.write(`${to}: ${size}\n`);
  return EXIT.done;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
