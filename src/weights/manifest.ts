import { UnmaskError } from '../errors';

/** The version of the model folder format this code reads and writes. */
export const FORMAT_VERSION = 2;

/** How the matrices are stored: see `weight-spec.ts` for the bytes of each. */
export type WeightDtype = 'f32' | 'f16' | 'q8' | 'q4';

export interface ManifestFile {
  /** Relative to the folder, without `..` or a leading slash. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Some of the weights: whole tensors. A model's parts hold its tensors in the order of `weightSpecs`. */
export interface WeightsPart {
  /** `weights.onnx`: no inputs, every tensor of the part an output. */
  readonly graph: string;
  /** The files whose bytes, one after the other, the tensors lie in. The graphs call them all by the first's name. */
  readonly files: readonly string[];
}

/** `manifest.json` of a model folder: what it is and what it is made of. */
export interface Manifest {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  /** How many numbers the checkpoint's model has. */
  readonly parameters: number;
  readonly dtype: WeightDtype;
  readonly weights: readonly WeightsPart[];
  /** Every other file of the folder that a runtime loads. */
  readonly files: readonly ManifestFile[];
}

/** The names a runtime looks for besides those of the weights. Tokenizer files are there only if the checkpoint had them. */
export const MODEL_FILES = {
  config: 'config.json',
  modelGraph: 'model.onnx',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
} as const;

const DTYPES: readonly unknown[] = ['f32', 'f16', 'q8', 'q4'] satisfies WeightDtype[];

/** Checks an untrusted value and returns it as a Manifest. Throws `bad-model` naming the field. */
export function parseManifest(value: unknown): Manifest {
  const fail = (field: string, expected: string): never => {
    throw new UnmaskError('bad-model', `manifest.json: ${field} must be ${expected}. Export the model again.`);
  };
  if (typeof value !== 'object' || value === null) return fail('the file', 'a JSON object');
  const manifest = value as Record<string, unknown>;
  if (manifest.formatVersion !== FORMAT_VERSION) fail('formatVersion', String(FORMAT_VERSION));
  for (const field of ['id', 'name', 'licence'] as const) {
    if (typeof manifest[field] !== 'string' || manifest[field] === '') fail(field, 'a text');
  }
  if (!Number.isSafeInteger(manifest.parameters) || (manifest.parameters as number) < 1) {
    fail('parameters', 'a positive whole number');
  }
  if (!DTYPES.includes(manifest.dtype)) fail('dtype', '"f32", "f16", "q8" or "q4"');
  if (!Array.isArray(manifest.files)) return fail('files', 'a list');
  const paths = new Set<string>();
  for (const file of manifest.files as Record<string, unknown>[]) {
    const path = file?.path;
    if (typeof path !== 'string' || !/^[\w][\w.-]*$/.test(path)) return fail('files[].path', 'a plain file name');
    if (paths.has(path)) fail(path, 'listed once');
    paths.add(path);
    if (!Number.isSafeInteger(file?.bytes) || (file?.bytes as number) < 0)
      fail(`the bytes of ${path}`, 'a whole number');
    if (typeof file?.sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(file.sha256)) {
      fail(`the sha256 of ${path}`, '64 hex digits');
    }
  }
  if (!Array.isArray(manifest.weights) || manifest.weights.length === 0) return fail('weights', 'a list of parts');
  const isListed = (path: unknown) => typeof path === 'string' && paths.has(path);
  for (const part of manifest.weights as Record<string, unknown>[]) {
    if (!isListed(part?.graph)) fail('weights[].graph', 'the path of a file');
    if (!Array.isArray(part.files) || part.files.length === 0 || !part.files.every(isListed)) {
      fail('weights[].files', 'a list of paths of files');
    }
  }
  return manifest as unknown as Manifest;
}
