import { readdirSync, readFileSync } from 'node:fs';
import { describeModel, familyOf } from '../../src/network/families';
import type { CheckpointFacts, Source } from '../../src/network/family';
import { ConfigFields, type JsonObject } from '../../src/network/fields';
import type { ModelConfig } from '../../src/network/model-config';
import type { Weights } from './uncached';

type Tensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly numbers: Float32Array }>;

/** A small checkpoint in the published layout, whole in memory: its model, and its weights by our names. */
export function readCheckpoint(
  folder: URL,
  facts: Partial<CheckpointFacts> = {},
): { config: ModelConfig; weights: Weights } {
  const files = readdirSync(folder).filter((name) => /^model.*\.safetensors$/.test(name));
  const tensors = new Map(files.flatMap((name) => [...readSafetensors(new URL(name, folder))]));
  const fields = JSON.parse(readFileSync(new URL('config.json', folder), 'utf8')) as JsonObject;
  const config = describeModel(fields, {
    maskId: null,
    bosId: null,
    addsBos: false,
    eosIds: [],
    generationEosIds: [],
    tiedHead: !tensors.has('lm_head.weight'),
    mlpSize: null,
    ...facts,
  });
  const sources = familyOf(fields).sources(config, new ConfigFields(fields));
  return { config, weights: new Map([...sources].map(([name, source]) => [name, numbersOf(source, tensors)])) };
}

function numbersOf(source: Source, tensors: Tensors): Float32Array {
  const of = (name: string) => tensors.get(name)!;
  const read = (name: string) => of(name).numbers;
  if ('computed' in source) return source.computed.compute(read);
  if ('stack' in source) return Float32Array.from(source.stack.flatMap(({ tensor }) => [...read(tensor)]));
  if ('interleave' in source) {
    const parts = source.interleave.map(of);
    const columns = parts[0]!.shape[1] ?? 1;
    const rows = Array.from({ length: parts[0]!.shape[0]! }, (_, row) => row);
    return Float32Array.from(
      rows.flatMap((row) => parts.flatMap(({ numbers }) => [...numbers.subarray(row * columns, (row + 1) * columns)])),
    );
  }
  const { numbers, shape } = of(source.tensor);
  if (!('rowFactors' in source)) return numbers;
  const factors = source.rowFactors.compute(read);
  return numbers.map((number, i) => number * factors[Math.floor(i / (shape[1] ?? 1))]!);
}

/** The tensors of a safetensors file, float32, bfloat16 or int64, as f32. */
export function readSafetensors(file: URL): Map<string, { shape: number[]; numbers: Float32Array }> {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  delete header.__metadata__;
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const { buffer } = Uint8Array.from(bytes.subarray(start + from, start + to));
        return [name, { shape, numbers: decoded(dtype, buffer) }];
      },
    ),
  );
}

function decoded(dtype: string, buffer: ArrayBuffer): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'I64') return Float32Array.from(new BigInt64Array(buffer), Number);
  if (dtype !== 'BF16') throw new Error(`${dtype} is not read here.`);
  // The upper half of an f32.
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (half) => half << 16).buffer);
}
