import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ManifestFile, MODEL_FILES, type WeightDtype } from '../src/weights/manifest';
import type { ModelConfig } from '../src/weights/model-config';
import { storedTensors, weightSpecs } from '../src/weights/weight-spec';
import type { StoredPlace } from './onnx-graph';
import { storedBytes } from './stored-bytes';

/** Tensors begin at multiples of this many bytes, so that each can be read as words. */
const ALIGNMENT = 4;

export const WEIGHTS = 'weights.bin';
export const WEIGHTS_GRAPH = 'weights.onnx';

/** Collects the files of a model folder beside it, and puts them there together at the end. */
export class ModelFolderWriter {
  readonly #target: string;
  readonly #staging: string;
  readonly #files: ManifestFile[] = [];

  private constructor(target: string, staging: string) {
    this.#target = target;
    this.#staging = staging;
  }

  static async open(folder: string): Promise<ModelFolderWriter> {
    const target = resolve(folder);
    await mkdir(dirname(target), { recursive: true });
    return new ModelFolderWriter(target, await mkdtemp(`${target}.partial-`));
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
    await writeFile(join(this.#staging, path), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#files.push({ path, bytes: bytes.byteLength, sha256 });
  }

  /** `weights.bin`: every weight in the order of `weightSpecs`, stored at the dtype. Returns where each tensor lies. */
  async addWeights(
    weights: AsyncIterable<readonly [name: string, numbers: Float32Array]>,
    config: ModelConfig,
    dtype: WeightDtype,
  ): Promise<StoredPlace[]> {
    const file = await open(join(this.#staging, WEIGHTS), 'w');
    const hash = createHash('sha256');
    const places: StoredPlace[] = [];
    let offset = 0;
    const append = async (bytes: Uint8Array) => {
      hash.update(bytes);
      await file.appendFile(bytes);
      offset += bytes.byteLength;
    };
    try {
      const specs = weightSpecs(config)[Symbol.iterator]();
      for await (const [name, numbers] of weights) {
        const spec = specs.next().value;
        if (spec?.name !== name) throw new Error(`${name} comes where ${spec?.name} should`);
        const tensors = storedTensors(spec, dtype);
        for (const [index, bytes] of storedBytes(spec, numbers, dtype).entries()) {
          places.push({ ...tensors[index]!, location: WEIGHTS, offset, bytes: bytes.byteLength });
          await append(bytes);
          await append(new Uint8Array((ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT));
        }
      }
    } finally {
      await file.close();
    }
    this.#files.push({ path: WEIGHTS, bytes: offset, sha256: hash.digest('hex') });
    return places;
  }

  /** Puts the files into the folder, in place of an earlier export there; files of other names stay. */
  async publish(manifest: string, card: string | null): Promise<void> {
    const target = (path: string) => join(this.#target, path);
    await mkdir(this.#target, { recursive: true });
    // Without its manifest a folder is no model: should this be interrupted, nobody takes old for new.
    for (const path of ['manifest.json', WEIGHTS, WEIGHTS_GRAPH, ...Object.values(MODEL_FILES)])
      await rm(target(path), { force: true });
    for (const { path } of this.#files) await rename(join(this.#staging, path), target(path));
    if (card !== null) await writeFile(target('README.md'), card);
    await writeFile(target('manifest.json'), manifest);
  }

  /** Removes what was not put into the folder. */
  async close(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
  }
}
