import { type FileInPlace, writeAt } from '../model/store/private-files';

/** How far a file of the checkpoint is: what is before `position` is in the model's files, on the disk. */
export interface FileState {
  readonly position: number;
  /** Of its hash at that byte, as base64; null where it is not hashed. */
  readonly hash: string | null;
}

type Entry = ({ readonly path: string } & FileState) | { readonly computed: number };

/** What a conversion has done, a line of JSON each time. A line that was cut off counts as none. */
export class Journal {
  readonly #file: FileInPlace;
  readonly #states = new Map<string, FileState>();
  #computed: number | null = null;
  #size = 0;

  constructor(file: FileInPlace) {
    this.#file = file;
    const bytes = new Uint8Array(file.getSize());
    file.read(bytes, { at: 0 });
    for (const { entry, length } of entriesOf(bytes)) {
      this.#take(entry);
      this.#size += length;
    }
    file.truncate(this.#size);
  }

  stateOf(path: string): FileState {
    return this.#states.get(path) ?? { position: 0, hash: null };
  }

  /** Numbers that were computed and kept; null where they were not. */
  get computed(): number | null {
    return this.#computed;
  }

  /** To be called once what it says is on the disk. */
  append(entry: Entry): void {
    const line = new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
    writeAt(this.#file, line, this.#size);
    this.#size += line.length;
    this.#file.flush();
    this.#take(entry);
  }

  /** Begins anew. */
  clear(): void {
    this.#file.truncate(0);
    this.#size = 0;
    this.#computed = null;
    this.#states.clear();
  }

  close(): void {
    this.#file.close();
  }

  #take(entry: Entry): void {
    if ('computed' in entry) this.#computed = entry.computed;
    else this.#states.set(entry.path, { position: entry.position, hash: entry.hash });
  }
}

/** Bytes of the checkpoint's files that a conversion with this journal is through with. */
export function bytesThrough(journal: Uint8Array): number {
  const positions = new Map<string, number>();
  for (const { entry } of entriesOf(journal)) if ('path' in entry) positions.set(entry.path, entry.position);
  return [...positions.values()].reduce((sum, position) => sum + position, 0);
}

/** The lines of a journal with their lengths in bytes, up to the first that is none. */
function* entriesOf(journal: Uint8Array): Generator<{ readonly entry: Entry; readonly length: number }> {
  for (const line of new TextDecoder().decode(journal).split('\n').slice(0, -1)) {
    const entry = parse(line);
    if (!entry) return;
    yield { entry, length: new TextEncoder().encode(line).length + 1 };
  }
}

function parse(line: string): Entry | null {
  try {
    const { path, position, hash, computed } = JSON.parse(line) as Record<string, unknown>;
    if (Number.isSafeInteger(computed)) return { computed: computed as number };
    const isHash = hash === null || typeof hash === 'string';
    if (typeof path !== 'string' || !Number.isSafeInteger(position) || !isHash) return null;
    return { path, position: position as number, hash };
  } catch {
    return null;
  }
}
