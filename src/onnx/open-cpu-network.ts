import { UnmaskError } from '../errors';
import type { StoredPart, WeightsFile } from '../model/source/stored-part';
import type { Layer, Matrix, Network, Vector, Weight } from '../network/network';
import { ConversionBuffers } from './conversion-buffers';
import type { CpuDtypes } from './cpu-dtypes';
import { CpuNetwork } from './cpu-network';
import { type CpuRuntime, type CpuSession, cpuRuntime } from './cpu-runtime';
import { encodeGraph } from './encode-graph';
import { headGraph, layerGraph } from './network-graph';
import { inTurn } from './session-queue';
import { SessionWeights } from './session-weights';
import { type StoredRows, storedRows, storedVector } from './stored-rows';

/**
 * Loads a network onto the CPU, file after file. A layer's weights are turned into what its session takes, the session
 * makes a copy, and the file and the converted weights are let go: a model is never in memory twice.
 *
 * Throws what reading throws, `network` where the runtime cannot be fetched, `bad-model` where it refuses a graph, and
 * `out-of-memory`.
 */
export async function openCpuNetwork(
  network: Network,
  files: AsyncIterable<WeightsFile>,
  dtypeOf: CpuDtypes,
  signal?: AbortSignal,
): Promise<CpuNetwork> {
  const reading = files[Symbol.asyncIterator]();
  // The runtime and the first of the files come together.
  const [runtime, first] = await Promise.all([cpuRuntime(), reading.next()]);
  const loading = new LoadingNetwork(runtime, network, dtypeOf);
  try {
    for (let next = first; !next.done; next = await reading.next()) {
      const { data, parts } = next.value;
      for (const part of parts) {
        signal?.throwIfAborted();
        await loading.add(part, data);
      }
    }
    return loading.finish();
  } catch (error) {
    loading.release();
    throw error;
  }
}

class LoadingNetwork {
  readonly #runtime: CpuRuntime;
  readonly #network: Network;
  readonly #dtypeOf: CpuDtypes;
  /** Weights of the layers that have no session yet; a layer's are dropped once it has one. */
  readonly #waiting: (SessionWeights | null)[];
  readonly #buffers = new ConversionBuffers();
  readonly #layerOf = new Map<Weight, number>();
  readonly #layers: (CpuSession | undefined)[];
  readonly #embedding: StoredRows[] = [];
  readonly #head: { readonly session: CpuSession; readonly rows: number }[] = [];
  readonly #vectors = new Map<Vector, Float32Array>();

  constructor(runtime: CpuRuntime, network: Network, dtypeOf: CpuDtypes) {
    this.#runtime = runtime;
    this.#network = network;
    this.#dtypeOf = dtypeOf;
    this.#layers = network.layers.map(() => undefined);
    this.#waiting = network.layers.map((layer, index) => {
      const weights = weightsOf(layer);
      for (const weight of weights) this.#layerOf.set(weight, index);
      return new SessionWeights(weights, interleavedIn(layer), dtypeOf, this.#buffers);
    });
  }

  async add(part: StoredPart, file: Uint8Array<ArrayBuffer>): Promise<void> {
    const weight = 'vector' in part ? part.vector : part.matrix;
    const index = this.#layerOf.get(weight);
    if (index !== undefined) await this.#addToLayer(index, part, file);
    else if ('vector' in part) this.#vectors.set(part.vector, storedVector(part, file));
    else await this.#addRows(part.matrix, part.firstRow, storedRows(part, file));
  }

  finish(): CpuNetwork {
    const { finalNorm, head } = this.#network;
    const layers = this.#layers.filter((session) => session !== undefined);
    if (layers.length !== this.#layers.length) throw new UnmaskError('bad-model', 'Weights of a layer are missing.');
    return new CpuNetwork(this.#runtime, this.#network, {
      embedding: this.#embedding,
      layers,
      finalNorm: { weight: this.#vectors.get(finalNorm.weight)!, bias: this.#vector(finalNorm.bias) },
      head: this.#head,
      headBias: this.#vector(head.bias),
    });
  }

  release(): void {
    for (const session of this.#layers) if (session) this.#runtime.releaseSession(session);
    for (const { session } of this.#head) this.#runtime.releaseSession(session);
  }

  #vector(vector: Vector | null): Float32Array | null {
    return vector ? (this.#vectors.get(vector) ?? null) : null;
  }

  async #addToLayer(index: number, part: StoredPart, file: Uint8Array<ArrayBuffer>): Promise<void> {
    const weights = this.#waiting[index]!;
    if ('vector' in part) weights.addVector(part.vector, storedVector(part, file));
    else weights.addRows(part.matrix, part.firstRow, storedRows(part, file));
    if (!weights.isWhole) return;
    this.#waiting[index] = null;
    const graph = layerGraph(this.#network.layers[index]!, this.#dtypeOf);
    this.#layers[index] = await this.#session(encodeGraph(graph, weights.places), weights);
  }

  /** Rows of the embedding, of the head, or of both where they are one. */
  async #addRows(matrix: Matrix, firstRow: number, rows: StoredRows): Promise<void> {
    const { embedding, head } = this.#network;
    if (matrix === embedding) this.#embedding.push(copyOf(rows));
    if (matrix !== head.weight) return;
    // A part of the head is a session of its own, as if it were all of it.
    const part = { name: `${matrix.name}.${firstRow}`, rows: rows.rows, columns: matrix.columns };
    const dtype = this.#dtypeOf(matrix);
    const weights = new SessionWeights(
      [part],
      () => 'stored',
      () => dtype,
      this.#buffers,
    );
    weights.addRows(part, 0, rows);
    const graph = headGraph({ weight: part, bias: null }, () => dtype);
    this.#head.push({ session: await this.#session(encodeGraph(graph, weights.places), weights), rows: rows.rows });
  }

  async #session(graph: Uint8Array, weights: SessionWeights): Promise<CpuSession> {
    try {
      return await inTurn(() => this.#runtime.createSession(graph, weights.files));
    } catch (error) {
      if (error instanceof UnmaskError) throw error;
      throw new UnmaskError('bad-model', `onnxruntime refuses this model: ${error}.`, { cause: error });
    } finally {
      weights.release();
    }
  }
}

function weightsOf({ attention, mlp }: Layer): Weight[] {
  const norms = [attention.norm, mlp.norm, attention.headNorm?.q, attention.headNorm?.k];
  const linears = [attention.qkv, attention.out, mlp.up, mlp.down];
  return [...norms, ...linears]
    .flatMap((part) => (part ? [part.weight, part.bias] : []))
    .filter((each) => each !== null);
}

/** A gated MLP's up-projection is stored gate by value; its session takes all gates first. */
function interleavedIn({ mlp }: Layer): (weight: Weight) => 'stored' | 'interleaved' {
  const isGated = mlp.activation === 'swiglu';
  return (weight) => (isGated && (weight === mlp.up.weight || weight === mlp.up.bias) ? 'interleaved' : 'stored');
}

/** Apart from the file, which would stay in memory with them. */
function copyOf({ values, scales, ...rest }: StoredRows): StoredRows {
  return { ...rest, values: values.slice(), scales: scales ? scales.slice() : null };
}
