import { UnmaskError } from '../../errors';
import { ALIGNMENT, LARGEST_GAP, partBytes } from '../../model/format/check-sizes';
import { MODEL_FILES, type WeightsPart } from '../../model/format/manifest';
import { byteLength, modelTensors, type StoredTensor } from '../../model/format/weight-spec';
import type { ModelSource } from '../../model/source/model-source';
import { locationOf } from '../../model/source/weights-part';
import { GRAPH_NAME, type Graph, IR_VERSION, OPSETS } from '../graph';
import { networkGraph } from '../network-graph';
import { type OnnxModel, readGraph, type StoredPlace } from './read-graph';

type Heads = Pick<ModelSource, 'manifest' | 'config'>;

/**
 * Holds the graph of a part of the weights to what the exporter writes: no inputs, no nodes, and outputs that are
 * tensors which the config asks for, each with a place of its own within the part. Throws `bad-model`.
 */
export function checkWeightsGraph(file: Uint8Array, part: WeightsPart, heads: Heads): void {
  checked(part.graph, () => {
    const model = read(file);
    const outputs = model.stored.map(({ name, type, shape }) => ({ name, type, shape }));
    checkGraph(model.graph, { inputs: [], outputs, constants: [], nodes: [] });
    checkPlaces(model.stored, [part], heads);
  });
}

/**
 * Holds `model.onnx` to the very graph that the exporter writes for this config, node by node, with every weight in
 * a place of its own within the parts. Throws `bad-model`.
 */
export function checkModelGraph(file: Uint8Array, heads: Heads): void {
  checked(MODEL_FILES.modelGraph, () => {
    const { manifest, config } = heads;
    const model = read(file);
    checkGraph(model.graph, networkGraph(config, manifest.dtype));
    const missing = checkPlaces(model.stored, manifest.weights, heads);
    if (missing !== undefined) throw new Error(`${missing} is missing`);
  });
}

/** Turns whatever is found wrong with a file, and whatever its reading stumbles over, into `bad-model`. */
function checked(file: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new UnmaskError('bad-model', `${file} cannot be used: ${what}. Export the model again.`, { cause });
  }
}

function read(file: Uint8Array): OnnxModel {
  const model = readGraph(file);
  const { irVersion, producer, opsets, name } = model;
  expectSame(
    'its version',
    { irVersion, producer, opsets, name },
    {
      irVersion: IR_VERSION,
      producer: GRAPH_NAME,
      opsets: OPSETS,
      name: GRAPH_NAME,
    },
  );
  return model;
}

function checkGraph(found: Graph, expected: Graph): void {
  for (const kind of ['inputs', 'outputs', 'constants', 'nodes'] as const) {
    if (found[kind].length !== expected[kind].length) {
      throw new Error(`it has ${found[kind].length} ${kind} and should have ${expected[kind].length}`);
    }
    for (const [index, entry] of found[kind].entries()) {
      expectSame(`number ${index + 1} of its ${kind}`, entry, expected[kind][index]);
    }
  }
}

/** Compares plain values, whose keys come in one order. */
function expectSame(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${what} is not what the exporter writes`);
}

/**
 * Checks that each tensor is one that the config asks for, once, of its type and shape, and that those of a part
 * follow each other in its bytes. Returns the first that is missing, if any is.
 */
function checkPlaces(
  places: readonly StoredPlace[],
  parts: readonly WeightsPart[],
  { manifest, config }: Heads,
): string | undefined {
  const expected = modelTensors(config, manifest.dtype);
  const missing = new Map<string, StoredTensor>(expected.map((tensor) => [tensor.name, tensor]));
  const used = new Map(parts.map((part) => [locationOf(part), 0]));
  for (const { location, offset, bytes, ...found } of places) {
    const tensor = missing.get(found.name);
    if (!tensor) throw new Error(`it has ${found.name}, which the config does not ask for, or has it twice`);
    const { name } = tensor;
    if (show(found) !== show(tensor)) throw new Error(`${name} is ${show(found)} and should be ${show(tensor)}`);
    const end = used.get(location);
    if (end === undefined) throw new Error(`${name} is said to be in ${location}`);
    if (bytes !== byteLength(tensor))
      throw new Error(`${name} has ${bytes} bytes and should have ${byteLength(tensor)}`);
    if (offset % ALIGNMENT !== 0 || offset < end || offset > end + LARGEST_GAP) {
      throw new Error(`${name} does not begin where the tensor before it ends`);
    }
    used.set(location, offset + bytes);
    missing.delete(name);
  }
  for (const part of parts) {
    const [end, length] = [used.get(locationOf(part))!, partBytes(manifest, part)];
    if (end > length || end + LARGEST_GAP < length) throw new Error(`its tensors do not fill ${locationOf(part)}`);
  }
  return missing.keys().next().value;
}

function show({ type, shape }: Pick<StoredPlace, 'type' | 'shape'>): string {
  return `${type} [${shape.join(', ')}]`;
}
