/**
 * Milliseconds of a layer of SmolLM2-135M's shape on the CPU, as f32 and as bytes: the least of many runs of its
 * session, which other work on the machine changes little.
 *
 *     UNMASK_THREADS=2 node scripts/run.mjs bench/cpu-layer.ts
 */
import { describeModel } from '../src/network/families';
import { cacheWidth, hiddenSize, isMatrix, numbersOf, tensorsOf } from '../src/network/network';
import { type CpuDtypes, f32Everywhere, int8Except } from '../src/onnx/cpu-dtypes';
import { type CpuSession, cpuRuntime, type HeapTensor, type NamedTensors } from '../src/onnx/cpu-runtime';
import { encodeGraph } from '../src/onnx/encode-graph';
import { layerGraph } from '../src/onnx/network-graph';
import { SessionWeights } from '../src/onnx/session-weights';
import { PUBLISHED_SHAPES } from './published-shapes';
import { NO_FACTS } from './random-model';

const RUNS = 700;
/** Rows of a pass, and slots that they attend to. */
const CASES = [
  [1, 192],
  [4, 192],
  [8, 192],
  [16, 192],
  [32, 192],
  [8, 1024],
  [8, 2048],
] as const;

const oneLayer = { ...PUBLISHED_SHAPES['SmolLM2-135M'].config, num_hidden_layers: 1 };
const { network } = describeModel(oneLayer, { ...NO_FACTS, tiedHead: true });
const layer = network.layers[0]!;
const runtime = await cpuRuntime();

async function sessionOf(dtypes: CpuDtypes): Promise<CpuSession> {
  const weights = tensorsOf(network).filter(({ name }) => name.startsWith('layers.'));
  const converted = new SessionWeights(weights, () => 'stored', dtypes);
  for (const weight of weights) {
    const values = Float32Array.from({ length: numbersOf(weight) }, (_, i) => 0.05 * Math.sin(i * i));
    if (isMatrix(weight)) converted.addRows(weight, 0, { ...weight, dtype: 'f32', values, scales: null });
    else converted.addVector(weight, values);
  }
  return runtime.createSession(encodeGraph(layerGraph(layer, dtypes), converted.places), converted.files);
}

async function leastTime(session: CpuSession, rows: number, slots: number): Promise<number> {
  const { headSize, kvHeads } = layer.attention;
  const width = hiddenSize(network);
  const cache = () => floats(slots * cacheWidth(layer.attention), [kvHeads, slots, headSize]);
  const [keys, values] = [cache(), cache()];
  const inputs: NamedTensors = [
    ['x', floats(rows * width, [rows, width])],
    ['cos', floats((rows * headSize) / 2, [rows, headSize / 2])],
    ['sin', floats((rows * headSize) / 2, [rows, headSize / 2])],
    ['slots', firstSlots(kvHeads, rows)],
    ['bias', floats(rows * slots, [rows, slots])],
    ['past_keys', keys],
    ['past_values', values],
  ];
  const outputs: NamedTensors = [
    ['y', floats(rows * width, [rows, width])],
    ['keys', keys],
    ['values', values],
  ];
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    await runtime.run(session, inputs, outputs);
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

function floats(count: number, shape: readonly number[]): HeapTensor {
  const memory = runtime.allocate(count * Float32Array.BYTES_PER_ELEMENT);
  const numbers = runtime.floatsOf(memory);
  for (let i = 0; i < count; i++) numbers[i] = Math.sin(i);
  return runtime.tensor(memory, 'float32', shape);
}

/** [heads, rows, 2]: row i goes to slot i. */
function firstSlots(heads: number, rows: number): HeapTensor {
  const places = Array.from({ length: heads * rows }, (_, i) => [
    BigInt(Math.floor(i / rows)),
    BigInt(i % rows),
  ]).flat();
  const memory = runtime.allocate(places.length * BigInt64Array.BYTES_PER_ELEMENT);
  runtime.bytesOf(memory).set(new Uint8Array(BigInt64Array.from(places).buffer));
  return runtime.tensor(memory, 'int64', [heads, rows, 2]);
}

for (const [name, dtypes] of [
  ['f32', f32Everywhere],
  ['bytes', int8Except()],
] as const) {
  const session = await sessionOf(dtypes);
  const times: string[] = [];
  for (const [rows, slots] of CASES) {
    times.push(`${rows} rows of ${slots} slots ${(await leastTime(session, rows, slots)).toFixed(2)}`);
  }
  console.log(`${name}, ${runtime.threads} thread(s): ${times.join(', ')}`);
}
process.exit(0);
