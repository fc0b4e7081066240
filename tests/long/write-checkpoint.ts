/**
 * Writes a random checkpoint of exactly a published model's shape and naming, a few MB in memory at a time:
 *
 *     node scripts/run.mjs tests/long/write-checkpoint.ts <shape> <folder> [--dtype F32|BF16] [--shards n] [--seed n]
 *                                                                        [--tokenizer <folder>]
 *
 * `bench/published-shapes.ts` has the shapes: bd3lm-170M (679 MB), Qwen3-0.6B-a2d (1.5 GB), SDAR-1.7B (4.1 GB),
 * Fast-dLLM-v2-1.5B (3.1 GB), SmolLM2-135M (269 MB). --tokenizer also writes a tokenizer of GPT-2's shape, which is
 * the first one's.
 */
import { PUBLISHED_SHAPES, type ShapeName } from '../../bench/published-shapes';
import { EXIT, parseCommandLine, readNumber, report, TEXT, UsageError } from '../../src/cli/command';
import { writePublishedShape } from './random-checkpoint';
import { writeTokenizer } from './random-tokenizer';

async function main(args: string[]): Promise<number> {
  const options = { dtype: TEXT, shards: TEXT, seed: TEXT, tokenizer: TEXT };
  const { values, positionals } = parseCommandLine({ args, options, allowPositionals: true });
  const [name, folder, ...others] = positionals;
  const shapes = Object.keys(PUBLISHED_SHAPES);
  if (!name || !folder || others.length > 0) throw new UsageError(`Name a shape (${shapes.join(', ')}) and a folder.`);
  if (!isShape(name)) throw new UsageError(`There is no shape ${name}. Choose ${shapes.join(', ')}.`);
  const dtype = values.dtype && readDtype(values.dtype);
  const [shards, seed] = [readNumber('shards', values.shards), readNumber('seed', values.seed)];
  const given = { ...(dtype && { dtype }), ...(shards && { shards }), ...(seed !== undefined && { seed }) };
  for (const { path, bytes, sha256 } of await writePublishedShape(folder, name, given)) {
    process.stdout.write(`${path}: ${(bytes / 1e6).toFixed(1)} MB, SHA-256 ${sha256}\n`);
  }
  if (values.tokenizer) await writeTokenizer(values.tokenizer);
  return EXIT.done;
}

function readDtype(dtype: string): 'F32' | 'BF16' {
  if (dtype === 'F32' || dtype === 'BF16') return dtype;
  throw new UsageError(`--dtype must be F32 or BF16, not "${dtype}".`);
}

function isShape(name: string): name is ShapeName {
  return Object.hasOwn(PUBLISHED_SHAPES, name);
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
