import { parseArgs } from 'node:util';
import { describeError, UnmaskError } from '../src/errors';
import type { WeightDtype } from '../src/weights/manifest';
import { exportCheckpoint } from './export-checkpoint';

const HELP = `Writes a model folder from a BD3-LM checkpoint.

  npm run -s export -- <checkpoint-folder> <model-folder> [--dtype f32|f16|q8]

  <checkpoint-folder>   config.json and model.safetensors (or its shards) in the Hugging Face layout;
                        tokenizer.json, tokenizer_config.json and README.md are taken along if they are there
  <model-folder>        is made; a model that is in it already is replaced
  --dtype <name>        how matrices are stored: f32, f16, or q8, 8 bits with a scale for each 32 (default: q8)
  --help                print this
`;

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** The command line cannot be understood. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface ExportOptions {
  readonly from: string;
  readonly to: string;
  readonly dtype: WeightDtype;
}

function readOptions(args: string[]): ExportOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [from, to, ...others] = positionals;
  if (!from || !to || others.length > 0) throw new UsageError('Name a checkpoint folder and a model folder.');
  const { dtype } = values;
  if (dtype !== 'f32' && dtype !== 'f16' && dtype !== 'q8') {
    throw new UsageError(`--dtype must be f32, f16 or q8, not "${dtype}".`);
  }
  return { from, to, dtype };
}

function parse(args: string[]) {
  const options = { dtype: { type: 'string', default: 'q8' }, help: { type: 'boolean' } } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // Node's message may go on for lines about how to quote; the first says what is wrong.
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
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

/** One sentence for what a person can mend; a stack only for a defect of ours. */
function report(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message} See --help.\n`);
    return EXIT.usage;
  }
  const told = error instanceof UnmaskError ? error.message : error instanceof Error ? error.stack : undefined;
  process.stderr.write(`${told ?? describeError(error).message}\n`);
  return EXIT.failed;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
