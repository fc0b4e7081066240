import type { WeightsPart } from '../format/manifest';
import type { ModelSource } from './model-source';

/** The bytes that the tensors of a part lie in, in one piece that belongs to the caller. Throws what `source.read` throws. */
export async function readWeightsPart(
  source: ModelSource,
  { files }: WeightsPart,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const [first, ...others] = files;
  if (others.length === 0) return source.read(first!, signal);
  const sizes = files.map((path) => source.manifest.files.find((file) => file.path === path)!.bytes);
  const joined = new Uint8Array(sizes.reduce((sum, bytes) => sum + bytes));
  let offset = 0;
  for (const [index, path] of files.entries()) {
    joined.set(await source.read(path, signal), offset);
    offset += sizes[index]!;
  }
  return joined;
}

/** All weights as onnxruntime-web takes them for `model.onnx`. Throws what `source.read` throws. */
export async function readAllWeights(
  source: ModelSource,
  signal?: AbortSignal,
): Promise<{ path: string; data: Uint8Array }[]> {
  const all: { path: string; data: Uint8Array }[] = [];
  for (const part of source.manifest.weights) {
    all.push({ path: locationOf(part), data: await readWeightsPart(source, part, signal) });
  }
  return all;
}

/** What the graphs call the bytes of a part. */
export function locationOf({ files }: WeightsPart): string {
  return files[0]!;
}
