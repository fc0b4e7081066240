import { UnmaskError } from '../../errors';

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

/** Characters of a text, and of a path. */
const LONGEST_TEXT = 200;
/** A part of a few megabytes each is 4,096 files for the largest models there are. */
const MOST_FILES = 4096;

/** The bytes of files that are read whole and parsed; those of the weights and graphs follow from the config. */
const LARGEST: Readonly<Record<string, number>> = {
  [MODEL_FILES.config]: 2 ** 16,
  [MODEL_FILES.tokenizer]: 2 ** 26,
  [MODEL_FILES.tokenizerConfig]: 2 ** 20,
};
/** Of any other, so that sums of them stay exact. */
const LARGEST_OTHER = 2 ** 40;

/** A file name on every system: Windows takes `con` and the like for devices, and drops a dot at the end. */
const PLAIN_NAME = /^(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$))\w[\w.-]*(?<!\.)$/i;

/** Checks an untrusted value and returns it as a Manifest, without what is unknown. Throws `bad-model` naming the field. */
export function parseManifest(value: unknown): Manifest {
  if (typeof value !== 'object' || value === null) fail('the file', 'a JSON object');
  const { formatVersion, id, name, licence, parameters, dtype, weights, files } = value as Record<string, unknown>;
  if (formatVersion !== FORMAT_VERSION) fail('formatVersion', String(FORMAT_VERSION));
  for (const [field, text] of Object.entries({ id, name, licence })) {
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT) {
      fail(field, `a text of at most ${LONGEST_TEXT} characters`);
    }
  }
  if (!isCount(parameters) || parameters < 1) fail('parameters', 'a positive whole number');
  if (!DTYPES.includes(dtype)) fail('dtype', '"f32", "f16", "q8" or "q4"');
  const manifest = { formatVersion, id, name, licence, parameters, dtype, files: parseFiles(files) };
  return { ...manifest, weights: parseParts(weights, manifest.files) } as Manifest;
}

function parseFiles(files: unknown): ManifestFile[] {
  if (!Array.isArray(files) || files.length > MOST_FILES) fail('files', `a list of at most ${MOST_FILES}`);
  const paths = new Set<string>();
  return files.map((file) => {
    const { path, bytes, sha256 } = Object(file) as Record<string, unknown>;
    if (typeof path !== 'string' || path.length > LONGEST_TEXT || !PLAIN_NAME.test(path)) {
      fail('files[].path', 'a plain file name');
    }
    if (paths.has(path)) fail(path, 'listed once');
    paths.add(path);
    const largest = Object.hasOwn(LARGEST, path) ? LARGEST[path]! : LARGEST_OTHER;
    if (!isCount(bytes) || bytes > largest) fail(`the bytes of ${path}`, `a whole number up to ${largest}`);
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) fail(`the sha256 of ${path}`, '64 hex digits');
    return { path, bytes, sha256 };
  });
}

/** Every file must have one use: as one of `MODEL_FILES`, as the graph of a part, or as some of its bytes. */
function parseParts(parts: unknown, files: readonly ManifestFile[]): WeightsPart[] {
  if (!Array.isArray(parts) || parts.length === 0) fail('weights', 'a list of parts');
  const unused = new Set(files.map(({ path }) => path));
  for (const path of Object.values(MODEL_FILES)) unused.delete(path);
  const use = (path: unknown, field: string, expected: string): string => {
    if (typeof path !== 'string' || !unused.delete(path)) fail(field, `${expected} that nothing else uses`);
    return path;
  };
  const checked = parts.map((part) => {
    const { graph, files } = Object(part) as Record<string, unknown>;
    const checkedGraph = use(graph, 'weights[].graph', 'the path of a file');
    if (!Array.isArray(files) || files.length === 0) fail('weights[].files', 'a list of paths of files');
    return {
      graph: checkedGraph,
      files: files.map((path) => use(path, 'weights[].files', 'a list of paths of files')),
    };
  });
  const [extra] = unused;
  if (extra !== undefined) fail(extra, 'named in weights, or not listed');
  return checked;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fail(field: string, expected: string): never {
  throw new UnmaskError('bad-model', `manifest.json: ${field} must be ${expected}. Export the model again.`);
}
