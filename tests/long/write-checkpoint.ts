/**
 * Writes a random checkpoint of the published shape, 679 MB, and a tokenizer of GPT-2's shape beside it:
 *
 *     node scripts/run.mjs tests/long/write-checkpoint.ts <folder> [--block-size n] [--dtype F32|BF16] [--shards n]
 *
 * <folder>/checkpoint and <folder>/tokenizer are made.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, parseCommandLine, readNumber, report, TEXT, UsageError } from '../../src/cli/command';
import { publishedConfig } from './published-config';
import { writeRandomCheckpoint } from './random-checkpoint';
import { writeTokenizer } from './random-tokenizer';
import { SEED } from './text';

async function main(args: string[]): Promise<number> {
  const options = { 'block-size': TEXT, dtype: TEXT, shards: TEXT };
  const { values, positionals } = parseCommandLine({ args, options, allowPositionals: true });
  const [folder, ...others] = positionals;
  if (!folder || others.length > 0) throw new UsageError('Name one folder.');
  const { dtype = 'F32' } = values;
  if (dtype !== 'F32' && dtype !== 'BF16') throw new UsageError(`--dtype must be F32 or BF16, not "${dtype}".`);
  const checkpoint = join(folder, 'checkpoint');
  await mkdir(checkpoint, { recursive: true });
  const config = publishedConfig(readNumber('block-size', values['block-size']) ?? 4);
  const shards = readNumber('shards', values.shards) ?? 1;
  for (const { path, bytes, sha256 } of await writeRandomCheckpoint(checkpoint, config, {
    seed: SEED,
    dtype,
    shards,
  })) {
    process.stdout.write(`${path}: ${(bytes / 1e6).toFixed(1)} MB, SHA-256 ${sha256}\n`);
  }
  await writeTokenizer(join(folder, 'tokenizer'));
  return EXIT.done;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
