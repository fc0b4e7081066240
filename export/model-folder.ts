import { createHash } from 'node:crypto';
import {
  copyFile,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileSink, ModelSink } from '../src/convert/model-sink';
import { WEIGHTS_FILE } from '../src/convert/plan-files';
import { UnmaskError } from '../src/errors';
import { MODEL_FILES } from '../src/model/format/manifest';

const MANIFEST = 'manifest.json';
const CARD = 'README.md';

/** Files that an export of format 2 left. */
const OLD_FILES = /^(weights(-\d+-of-\d+)?(\.\d+-of-\d+)?\.(bin|onnx)|model\.onnx)$/;

/** Collects the files of a model folder beside it, and puts them there together at the end. */
export class ModelFolderWriter implements ModelSink {
  readonly #target: string;
  /** Beside the folder; made for the first file. */
  #staging: string | undefined;
  readonly #paths: string[] = [];
  #file: FileHandle | undefined;

  constructor(folder: string) {
    this.#target = resolve(folder);
  }

  /** The name of the folder: the model's id. */
  get id(): string {
    return basename(this.#target);
  }

  /** Throws `bad-input` where the folder cannot be made, or the file cannot be written, as on a full disk. */
  async begin(path: string): Promise<FileSink> {
    const staging = await this.#stage();
    const file = await writable(path, () => open(join(staging, path), 'w'));
    this.#file = file;
    const hash = createHash('sha256');
    let size = 0;
    return {
      append: async (bytes) => {
        hash.update(bytes);
        size += bytes.length;
        await writable(path, () => file.writeFile(bytes));
      },
      finish: async () => {
        await writable(path, () => file.close());
        this.#file = undefined;
        this.#paths.push(path);
        return { path, bytes: size, sha256: hash.digest('hex') };
      },
    };
  }

  /**
   * Puts the files into the folder, in place of an earlier export there; files of other names stay. Throws
   * `bad-input` where the folder cannot be written to.
   */
  async publish(manifest: Uint8Array, card: string | null): Promise<void> {
    const staging = await this.#stage();
    const [from, to] = [(path: string) => join(staging, path), (path: string) => join(this.#target, path)];
    // Written first, so that a full disk is found before anything of an older model is gone.
    await writable(MANIFEST, () => writeFile(from(MANIFEST), manifest));
    if (card !== null) await writable(CARD, () => writeFile(from(CARD), card));
    await writing(this.#target, 'written to', 'Name another folder', async () => {
      await mkdir(this.#target, { recursive: true });
      const there = await readdir(this.#target);
      const old = there.filter((path) => WEIGHTS_FILE.test(path) || OLD_FILES.test(path));
      // Without its manifest a folder is no model: should this be interrupted, nobody takes old for new.
      for (const path of [MANIFEST, ...old, ...Object.values(MODEL_FILES)]) await rm(to(path), { force: true });
      const last = card === null ? [MANIFEST] : [CARD, MANIFEST];
      for (const path of [...this.#paths, ...last]) await moveFile(from(path), to(path));
    });
  }

  /** Removes what was not put into the folder. */
  async close(): Promise<void> {
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
    if (this.#staging !== undefined) await rm(this.#staging, { recursive: true, force: true });
    this.#staging = undefined;
  }

  async #stage(): Promise<string> {
    if (this.#staging !== undefined) return this.#staging;
    const target = this.#target;
    this.#staging = await writing(target, 'made', 'Name a folder that can be', async () => {
      const there = await stat(target).catch(() => null);
      if (there && !there.isDirectory()) throw new Error('there is a file of that name');
      await mkdir(dirname(target), { recursive: true });
      return mkdtemp(`${target}.partial-`);
    });
    return this.#staging;
  }
}

/** Also to another disk, as a folder may be that is mounted where it is. */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copyFile(from, to);
  }
}

function writable<T>(path: string, write: () => Promise<T>): Promise<T> {
  return writing(path, 'written', 'Make room for it', write);
}

/** Throws `bad-input` in a sentence where something cannot be done to a file or a folder. */
async function writing<T>(path: string, done: string, advice: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UnmaskError('bad-input', `${path} cannot be ${done}: ${why}. ${advice}.`, { cause });
  }
}
