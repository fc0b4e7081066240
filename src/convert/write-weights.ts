import type { Checkpoint } from '../checkpoint/checkpoint';
import type { ManifestFile } from '../model/format/manifest';
import type { Source } from '../network/family';
import type { ConversionPlan } from './conversion-plan';
import type { ModelSink } from './model-sink';
import { type PlannedPart, planFiles } from './plan-files';
import { bytesOf, storedBytes } from './stored-bytes';
import { PIECE, WeightReader } from './weight-reader';

/** How far the weights are. */
export interface WeightsProgress {
  /** Tensors that are written whole, those of a part of a matrix counting as one. */
  readonly parts: number;
  readonly ofParts: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface WriteWeightsOptions {
  /** No file of weights is larger, by default FILE_BYTES. */
  readonly fileBytes: number;
  /** Checked several times a second; its AbortError is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Called as often. */
  readonly onProgress?: ((progress: WeightsProgress) => void) | undefined;
}

/** Writes the files of a network's weights, a few MB in memory at a time. Returns what was written, in order. */
export async function writeWeights(
  { config, packing, sources }: Pick<ConversionPlan, 'config' | 'packing' | 'sources'>,
  tensors: Checkpoint['tensors'],
  sink: ModelSink,
  { fileBytes, signal, onProgress }: WriteWeightsOptions,
): Promise<ManifestFile[]> {
  const files = planFiles(config.network, packing, fileBytes);
  const reader = new WeightReader(tensors, signal);
  const ofBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const ofParts = files.reduce((sum, { parts }) => sum + parts.length, 0);
  const written: ManifestFile[] = [];
  let bytes = 0;
  let done = 0;
  for (const file of files) {
    const sinkFile = await sink.begin(file.path, file.bytes);
    const append = async (piece: Uint8Array) => {
      await sinkFile.append(piece);
      bytes += piece.length;
      onProgress?.({ parts: done, ofParts, bytes, ofBytes });
    };
    await append(file.header);
    for (const part of file.parts) {
      for await (const piece of piecesOf(part, sources, reader)) {
        signal?.throwIfAborted();
        await append(piece);
      }
      done += 1;
    }
    written.push(await sinkFile.finish());
  }
  onProgress?.({ parts: done, ofParts, bytes, ofBytes });
  return written;
}

/** The bytes of a part's tensors, one after the other: the scales of a matrix are kept until its values are through. */
async function* piecesOf(
  part: PlannedPart,
  sources: ReadonlyMap<string, Source>,
  reader: WeightReader,
): AsyncGenerator<Uint8Array> {
  if ('vector' in part) {
    const { name, size } = part.vector;
    yield bytesOf(await reader.rows(sources.get(name)!, 0, size, 1));
    return;
  }
  const { matrix, dtype, firstRow, rows } = part;
  const source = sources.get(matrix.name)!;
  const rowsAtOnce = Math.max(1, Math.floor(PIECE / matrix.columns));
  const scales: Uint8Array[] = [];
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const numbers = await reader.rows(source, firstRow + row, count, matrix.columns);
    const [values, ...others] = storedBytes(matrix, dtype, numbers);
    yield values!;
    scales.push(...others);
  }
  yield* scales;
}
