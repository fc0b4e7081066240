import type { Checkpoint } from '../checkpoint/checkpoint';
import { UnmaskError } from '../errors';
import type { Source } from '../network/family';
import { isMatrix, type Network, tensorsOf, type Weight } from '../network/network';

type Tensors = Checkpoint['tensors'];
type Sources = ReadonlyMap<string, Source>;

/** The shapes that the tensors of a checkpoint must have, by its own names. */
export function tensorShapes(network: Network, sources: Sources): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const weight of tensorsOf(network)) addShapes(shapes, weight, sources.get(weight.name)!);
  return shapes;
}

function addShapes(shapes: Map<string, readonly number[]>, weight: Weight, source: Source): void {
  const shapeOf = (rows: number) => (isMatrix(weight) ? [rows, weight.columns] : [rows]);
  const rows = isMatrix(weight) ? weight.rows : weight.size;
  if ('tensor' in source) shapes.set(source.tensor, shapeOf(rows));
  if ('stack' in source) for (const part of source.stack) shapes.set(part.tensor, shapeOf(part.rows));
  if ('interleave' in source) {
    for (const tensor of source.interleave) shapes.set(tensor, shapeOf(rows / source.interleave.length));
  }
  const computed = 'computed' in source ? source.computed : 'rowFactors' in source ? source.rowFactors : null;
  for (const [tensor, shape] of computed?.needs ?? []) shapes.set(tensor, shape);
}

/** Faults that one sentence names. */
const MOST_NAMED = 5;

/** Throws `bad-model` naming the tensors that are missing, extra or of another shape. */
export function checkTensors(
  tensors: Tensors,
  shapes: ReadonlyMap<string, readonly number[]>,
  isUnused: (tensor: string) => boolean,
): void {
  const show = (shape: readonly number[]) => `[${shape.join(', ')}]`;
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors.keys()].filter((name) => !shapes.has(name) && !isUnused(name));
  const misshaped = [...shapes].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && show(found) !== show(shape) ? [`${name} is ${show(found)} and should be ${show(shape)}`] : [];
  });
  const faults = [
    ...misshaped,
    ...missing.map((name) => `${name} is missing`),
    ...extra.map((name) => `${name} is not part of such a model`),
  ];
  if (faults.length === 0) return;
  const more = faults.length > MOST_NAMED ? `; and ${faults.length - MOST_NAMED} more` : '';
  throw new UnmaskError(
    'bad-model',
    `The weights do not fit config.json: ${faults.slice(0, MOST_NAMED).join('; ')}${more}. Save the checkpoint again.`,
  );
}

/** RoPE's frequencies, which some checkpoints hold beside their weights. */
const FREQUENCIES = 'rotary_emb.inv_freq';
/** The relative error of a bf16. */
const BF16_ERROR = 0.01;

/** Throws `bad-model` where a checkpoint's own RoPE frequencies are not those of the network's base. */
export async function checkRope(tensors: Tensors, { layers }: Network, signal?: AbortSignal): Promise<void> {
  const { ropeBase, headSize } = layers[0]!.attention;
  for (const [name, entry] of tensors) {
    if (!name.endsWith(FREQUENCIES)) continue;
    const [length = 1] = entry.shape;
    const frequencies = length === headSize / 2 ? await entry.read(0, length, signal) : Float32Array.of(Number.NaN);
    const isExpected = (frequency: number, i: number) =>
      Math.abs(frequency / ropeBase ** ((-2 * i) / headSize) - 1) < BF16_ERROR;
    if (frequencies.every(isExpected)) continue;
    throw new UnmaskError('bad-model', `${name} is not that of base ${ropeBase}, which config.json asks for.`);
  }
}
