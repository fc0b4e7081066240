import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { WEIGHT_FILE } from '../src/convert/weight-plan';
import { UnmaskError } from '../src/errors';
import { type ManifestFile, MODEL_FILES } from '../src/model/format/manifest';

const MANIFEST = 'manifest.json';

/** Collects the files of a model folder beside it, and puts them there together at the end. */
export class ModelFolderWriter {
  /** Where files are until they are published. */
  readonly staging: string;
  readonly #target: string;
  readonly #files: ManifestFile[] = [];

  private constructor(target: string, staging: string) {
    this.#target = target;
    this.staging = staging;
  }

  /** Throws `bad-input` where nothing can be written. */
  static async open(folder: string): Promise<ModelFolderWriter> {
    const target = resolve(folder);
    try {
      await mkdir(dirname(target), { recursive: true });
      return new ModelFolderWriter(target, await mkdtemp(`${target}.partial-`));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UnmaskError('bad-input', `${folder} cannot be made: ${why}. Name a folder that can be.`, { cause });
    }
  }

  /** What was written so far, for the manifest. */
  get files(): readonly ManifestFile[] {
    return this.#files;
  }

  /** The name of the folder: the model's id. */
  get id(): string {
    return basename(this.#target);
  }

  /** A file that runtimes load. */
  async add(path: string, content: Uint8Array | string): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await writeFile(join(this.staging, path), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#files.push({ path, bytes: bytes.byteLength, sha256 });
  }

  /** Files that runtimes load and that are in `staging` already. */
  addWritten(files: readonly ManifestFile[]): void {
    this.#files.push(...files);
  }

  /** Puts the files into the folder, in place of an earlier export there; files of other names stay. */
  async publish(manifest: string, card: string | null): Promise<void> {
    const target = (path: string) => join(this.#target, path);
    await mkdir(this.#target, { recursive: true });
    const weights = (await readdir(this.#target)).filter((path) => WEIGHT_FILE.test(path));
    // Without its manifest a folder is no model: should this be interrupted, nobody takes old for new.
    for (const path of [MANIFEST, ...weights, ...Object.values(MODEL_FILES)]) await rm(target(path), { force: true });
    for (const { path } of this.#files) await rename(join(this.staging, path), target(path));
    if (card !== null) await writeFile(target('README.md'), card);
    await writeFile(target(MANIFEST), manifest);
  }

  /** Removes what was not put into the folder. */
  async close(): Promise<void> {
    await rm(this.staging, { recursive: true, force: true });
  }
}
