import { createSHA256, type IHasher } from 'hash-wasm';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { wrongSum } from '../checkpoint/remote/remote-files';
import type { TensorEntry } from '../checkpoint/safetensors';
import type { ManifestFile } from '../model/format/manifest';
import { type FileInPlace, writeAt } from '../model/store/private-files';
import type { Source } from '../network/family';
import { isMatrix, numbersOf, tensorsOf, type Weight } from '../network/network';
import { ComputedNumbers } from './computed-numbers';
import type { ConversionPlan } from './conversion-plan';
import { resumeHash, sha256InPlace } from './file-hash';
import { Journal } from './journal';
import type { PlannedFile } from './plan-files';
import { type RowOrder, RowWriter } from './row-writer';
import { checkFinite, PIECE, scaleRows, WeightReader } from './weight-reader';
import type { Workplace } from './workplace';

export interface StreamOptions {
  /** Checked several times a second; its AbortError is thrown. */
  readonly signal: AbortSignal;
  /** Told a few times a second of the bytes of the checkpoint's weights that are through, also those of an earlier try. */
  readonly onProgress: (bytes: number, ofBytes: number) => void;
}

export const JOURNAL = 'journal.jsonl';
/** Bytes of a checkpoint after which the journal has another entry: within a tensor, and where one ends. */
const JOURNAL_BYTES = { within: 2 ** 24, atEnd: 2 ** 20 };
/** Work between two rests. */
const REST_MS = 50;
/** Between two reports of progress, which a page draws. */
const TELL_MS = 100;
/** Bytes that are read at once where they are only hashed. */
const HASHED_BYTES = 2 ** 20;

/** What becomes of a tensor's rows. */
interface Use {
  readonly weight: Weight;
  readonly order: RowOrder;
  /** For each row of the tensor; null where it stays as it is. */
  readonly factors: Float32Array | null;
}

/**
 * Writes the files of a plan's weights into a workplace. Each file of the checkpoint is read once, from its start to
 * its end, and hashed where it has a sum to agree with; tensors that others are computed from are read before. What an
 * earlier try has done is not read again. Memory holds a few MB of the weights at a time.
 *
 * Throws `bad-model`, what reading and writing throw, or the AbortError. What has come stays.
 */
export async function streamWeights(
  plan: ConversionPlan,
  planned: readonly PlannedFile[],
  checkpoint: Checkpoint,
  workplace: Workplace,
  options: StreamOptions,
): Promise<ManifestFile[]> {
  const files = new Map<string, FileInPlace>();
  const journal = new Journal(await workplace.open(JOURNAL));
  try {
    for (const { path, header, bytes } of planned) {
      const file = await workplace.open(path);
      files.set(path, file);
      if (file.getSize() !== bytes) {
        // What is said of it is not of this file.
        journal.clear();
        file.truncate(bytes);
      }
      writeAt(file, header as Uint8Array<ArrayBuffer>, 0);
    }
    const stream = new WeightStream(plan, planned, checkpoint, files, journal, options);
    await stream.compute(workplace);
    await stream.readAll();
    const sums: ManifestFile[] = [];
    for (const { path, bytes } of planned) {
      sums.push({ path, bytes, sha256: await sha256InPlace(files.get(path)!, options.signal) });
    }
    return sums;
  } finally {
    for (const file of files.values()) file.close();
    journal.close();
  }
}

class WeightStream {
  readonly #plan: ConversionPlan;
  readonly #checkpoint: Checkpoint;
  readonly #journal: Journal;
  readonly #options: StreamOptions;
  readonly #writer: RowWriter;
  readonly #uses = new Map<string, Use[]>();
  /** The checkpoint's files of weights, and their bytes. */
  readonly #sizes = new Map<string, number>();
  readonly #positions = new Map<string, number>();
  #telling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    plan: ConversionPlan,
    planned: readonly PlannedFile[],
    checkpoint: Checkpoint,
    files: ReadonlyMap<string, FileInPlace>,
    journal: Journal,
    options: StreamOptions,
  ) {
    this.#plan = plan;
    this.#checkpoint = checkpoint;
    this.#journal = journal;
    this.#options = options;
    this.#writer = new RowWriter(planned, files);
    for (const { path, offset, bytes } of checkpoint.tensors.values()) {
      this.#sizes.set(path, Math.max(this.#sizes.get(path) ?? 0, offset + bytes));
    }
  }

  /** Writes the weights that are computed, and finds out what becomes of every tensor. */
  async compute(workplace: Workplace): Promise<void> {
    const { signal } = this.#options;
    const reader = new WeightReader(this.#checkpoint.tensors, signal);
    const kept = await ComputedNumbers.open(workplace, this.#journal.computed);
    try {
      for (const weight of tensorsOf(this.#plan.config.network)) {
        const source = this.#plan.sources.get(weight.name)!;
        const compute = (source: Source, size: number) => kept.next(size, () => reader.rows(source, 0, size, 1));
        if ('computed' in source) {
          this.#writer.write(weight, { first: 0, every: 1 }, 0, await compute(source, numbersOf(weight)));
        } else {
          const rows = isMatrix(weight) ? weight.rows : weight.size;
          const factors = 'rowFactors' in source ? await compute({ computed: source.rowFactors }, rows) : null;
          this.#use(weight, source, factors);
        }
      }
      if (kept.finish()) this.#journal.append({ computed: kept.size });
    } finally {
      kept.close();
    }
  }

  #use(weight: Weight, source: Exclude<Source, { computed: unknown }>, factors: Float32Array | null): void {
    const add = (tensor: string, order: RowOrder) =>
      this.#uses.set(tensor, [...(this.#uses.get(tensor) ?? []), { weight, order, factors }]);
    if ('stack' in source) {
      let first = 0;
      for (const { tensor, rows } of source.stack) {
        add(tensor, { first, every: 1 });
        first += rows;
      }
    } else if ('interleave' in source) {
      const every = source.interleave.length;
      for (const [first, tensor] of source.interleave.entries()) add(tensor, { first, every });
    } else {
      add(source.tensor, { first: 0, every: 1 });
    }
  }

  async readAll(): Promise<void> {
    for (const path of this.#sizes.keys()) this.#positions.set(path, this.#journal.stateOf(path).position);
    this.#tell();
    try {
      for (const [path, size] of this.#sizes) {
        if (this.#positions.get(path)! < size) await this.#readFile(path, size);
      }
    } finally {
      this.#tell();
    }
  }

  async #readFile(path: string, size: number): Promise<void> {
    const { files, tensors } = this.#checkpoint;
    const { signal } = this.#options;
    const sum = files.sha256?.(path) ?? null;
    const hasher = sum === null ? null : await createSHA256();
    this.#positions.set(path, resumeHash(hasher, this.#journal.stateOf(path)));
    const sorted = [...tensors].filter(([, entry]) => entry.path === path).sort(([, a], [, b]) => a.offset - b.offset);
    let journaled = this.#positions.get(path)!;
    let rested = performance.now();
    const enterAfter = (bytes: number) => {
      if (this.#positions.get(path)! - journaled < bytes) return;
      this.#enter(path, hasher);
      journaled = this.#positions.get(path)!;
    };
    const through = async (bytes: Uint8Array) => {
      hasher?.update(bytes);
      this.#positions.set(path, this.#positions.get(path)! + bytes.length);
      this.#telling ??= setTimeout(() => this.#tell(), TELL_MS);
      enterAfter(JOURNAL_BYTES.within);
      if (performance.now() - rested > REST_MS) {
        // What else the worker has to do, such as to hear of a cancel.
        await new Promise((resolve) => setTimeout(resolve));
        rested = performance.now();
      }
      signal.throwIfAborted();
    };
    const skipTo = async (end: number) => {
      for (let at = this.#positions.get(path)!; at < end; at = this.#positions.get(path)!) {
        if (hasher) await through(await files.read(path, at, Math.min(HASHED_BYTES, end - at), signal));
        else this.#positions.set(path, end);
      }
    };
    try {
      for (const [name, entry] of sorted) {
        if (entry.offset + entry.bytes <= this.#positions.get(path)!) continue;
        await skipTo(entry.offset);
        const uses = this.#uses.get(name);
        if (uses) await this.#readTensor(name, entry, uses, through);
        else await skipTo(entry.offset + entry.bytes);
        enterAfter(JOURNAL_BYTES.atEnd);
      }
    } finally {
      enterAfter(1);
    }
    if (hasher && hasher.digest('hex') !== sum) {
      this.#journal.append({ path, position: 0, hash: null });
      throw wrongSum(path);
    }
    this.#positions.set(path, size);
  }

  async #readTensor(
    name: string,
    entry: TensorEntry,
    uses: readonly Use[],
    through: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const rows = entry.shape[0] ?? 1;
    const columns = entry.shape[1] ?? 1;
    const rowBytes = entry.bytes / rows;
    const rowsAtOnce = Math.max(1, Math.floor(PIECE / columns));
    const done = Math.max(0, this.#positions.get(entry.path)! - entry.offset) / rowBytes;
    for (let row = done; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      const bytes = await entry.readBytes(row * rowBytes, count * rowBytes, this.#options.signal);
      // The numbers may lie where the bytes did, and change there.
      const asRead = uses.some(({ factors }) => factors) ? bytes.slice() : bytes;
      const numbers = entry.decode(bytes);
      checkFinite(name, numbers);
      for (const { weight, order, factors } of uses) {
        const own = factors ? numbers.slice() : numbers;
        if (factors) scaleRows(own, columns, factors.subarray(row));
        this.#writer.write(weight, order, row, own);
      }
      await through(asRead);
    }
  }

  /** Puts what was written on the disk, then says so. */
  #enter(path: string, hasher: IHasher | null): void {
    this.#writer.flush();
    const hash = hasher && btoa(String.fromCharCode(...hasher.save()));
    this.#journal.append({ path, position: this.#positions.get(path)!, hash });
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
    this.#options.onProgress(sum(this.#positions.values()), sum(this.#sizes.values()));
  }
}
