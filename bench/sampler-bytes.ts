/**
 * Prints what sampling reads and writes beside the weights of a pass, for the published shapes:
 *
 *     node scripts/run.mjs bench/sampler-bytes.ts
 */
import { type Packing, weightsLength } from '../src/model/format/packing';
import { describeModel } from '../src/network/families';
import type { ModelConfig } from '../src/network/model-config';
import { type Network, numbersOf, parametersOf } from '../src/network/network';
import { PUBLISHED_SHAPES, type PublishedShape } from './published-shapes';
import { NO_FACTS } from './random-model';

/** How often `shaders/sample.wgsl` reads a row of logits: for the peak, for the sums; for a nucleus' boundary and draw. */
const READS = { 'arg-max': 2, nucleus: 3 + 1 / 16 } as const;
const F32 = 4;
const MEGA = 1e6;

/** Bytes of the weights that a pass reads: all, but of an embedding that is not the head a few rows alone. */
function passBytes(network: Network, packing: Packing): number {
  const all = weightsLength(network, packing);
  if (network.head.weight === network.embedding) return all;
  return all - (all * numbersOf(network.embedding)) / parametersOf(network);
}

/** Rows that are sampled at once at most: a sub-block, or a block. */
function mostRows({ decoding, defaultBlockSize }: ModelConfig): number {
  return decoding.subBlockSize ?? defaultBlockSize;
}

function line(name: string, { config, storesHead }: PublishedShape): string {
  const model = describeModel(config, { ...NO_FACTS, tiedHead: !storesHead });
  const rows = mostRows(model);
  const rowBytes = F32 * model.vocabSize;
  const megabytes = (bytes: number) => (bytes / MEGA).toFixed(bytes < 10 * MEGA ? 2 : 0);
  const shares = (['q4', 'q8'] as const).flatMap((dtype) => {
    const pass = passBytes(model.network, { dtype, embeddingDtype: dtype });
    const share = (reads: number) => `${((100 * rows * reads * rowBytes) / pass).toFixed(1)} %`;
    return [megabytes(pass), share(READS['arg-max']), share(READS.nucleus)];
  });
  const row = Object.values(READS).map((reads) => megabytes(reads * rowBytes));
  return `| ${[name, model.vocabSize, rows, megabytes(rowBytes), ...row, ...shares].join(' | ')} |`;
}

const COLUMNS = [
  'shape',
  'vocabulary',
  'rows at most',
  'logits of a row',
  'arg-max of a row',
  'nucleus of a row',
  'q4 weights of a pass',
  'arg-max',
  'nucleus',
  'q8 weights of a pass',
  'arg-max',
  'nucleus',
];
const lines = Object.entries(PUBLISHED_SHAPES).map(([name, shape]) => line(name, shape));
process.stdout.write([`| ${COLUMNS.join(' | ')} |`, `|${' --- |'.repeat(COLUMNS.length)}`, ...lines, ''].join('\n'));
