import { UnmaskError } from '../../errors';
import { type Packing, WEIGHT_DTYPES } from './packing';

/** The version of the model folder format this code reads and writes. */
export const FORMAT_VERSION = 3;

export interface ManifestFile {
  /** Relative to the folder, without `..` or a leading slash. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** `manifest.json` of a model folder: what it is and what it is made of. */
export interface Manifest extends Packing {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  /** How many numbers the checkpoint's model has. */
  readonly parameters: number;
  /** The files of the weights: `packing.ts` has what is in them. */
  readonly weights: readonly string[];
  /** Every other file of the folder that a runtime loads. */
  readonly files: readonly ManifestFile[];
}

/** The names a runtime looks for besides those of the weights. Only the config is always there. */
export const MODEL_FILES = {
  /** The published config.json, and in its field `unmask` what the checkpoint's other files said. */
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  chatTemplate: 'chat_template.jinja',
  chatTemplateJson: 'chat_template.json',
  generationConfig: 'generation_config.json',
} as const;

/** Characters of a text, and of a path. */
const LONGEST_TEXT = 200;
/** A few megabytes each is 4,096 files for the largest models there are. */
const MOST_FILES = 4096;

/** The bytes of files that are read whole and parsed; those of the weights follow from the config. */
export const LARGEST_FILE: Readonly<Record<string, number>> = {
  [MODEL_FILES.config]: 2 ** 18,
  [MODEL_FILES.tokenizer]: 2 ** 26,
  [MODEL_FILES.tokenizerConfig]: 2 ** 22,
  [MODEL_FILES.chatTemplate]: 2 ** 20,
  [MODEL_FILES.chatTemplateJson]: 2 ** 20,
  [MODEL_FILES.generationConfig]: 2 ** 16,
};
/** Of any other, so that sums of them stay exact. */
const LARGEST_OTHER = 2 ** 40;

/** A file name on every system: Windows takes `con` and the like for devices, and drops a dot at the end. */
const PLAIN_NAME = /^(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$))\w[\w.-]*(?<!\.)$/i;

/** Checks an untrusted value and returns it as a Manifest, without what is unknown. Throws `bad-model` naming the field. */
export function parseManifest(value: unknown): Manifest {
  if (typeof value !== 'object' || value === null) fail('the file', 'a JSON object');
  const { formatVersion, id, name, licence, parameters, dtype, embeddingDtype, weights, files } = value as Record<
    string,
    unknown
  >;
  if (Number.isSafeInteger(formatVersion) && formatVersion !== FORMAT_VERSION) {
    throw new UnmaskError(
      'bad-model',
      `manifest.json: formatVersion is ${formatVersion}, and this Unmask reads model folders of format ` +
        `${FORMAT_VERSION}. Export the model again with "npm run export".`,
    );
  }
  if (formatVersion !== FORMAT_VERSION) fail('formatVersion', String(FORMAT_VERSION));
  for (const [field, text] of Object.entries({ id, name, licence })) {
    if (typeof text !== 'string' || text === '' || text.length > LONGEST_TEXT) {
      fail(field, `a text of at most ${LONGEST_TEXT} characters`);
    }
  }
  if (!isCount(parameters) || parameters < 1) fail('parameters', 'a positive whole number');
  for (const [field, value] of Object.entries({ dtype, embeddingDtype })) {
    if (!(WEIGHT_DTYPES as readonly unknown[]).includes(value)) fail(field, '"f32", "f16", "q8" or "q4"');
  }
  const packing = { dtype, embeddingDtype };
  const manifest = { formatVersion, id, name, licence, parameters, ...packing, files: parseFiles(files) };
  return { ...manifest, weights: parseWeights(weights, manifest.files) } as Manifest;
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
    const largest = Object.hasOwn(LARGEST_FILE, path) ? LARGEST_FILE[path]! : LARGEST_OTHER;
    if (!isCount(bytes) || bytes > largest) fail(`the bytes of ${path}`, `a whole number up to ${largest}`);
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) fail(`the sha256 of ${path}`, '64 hex digits');
    return { path, bytes, sha256 };
  });
}

/** Every file must have one use: as one of `MODEL_FILES`, or as weights. */
function parseWeights(weights: unknown, files: readonly ManifestFile[]): string[] {
  if (!Array.isArray(weights) || weights.length === 0) fail('weights', 'a list of files');
  const unused = new Set(files.map(({ path }) => path));
  for (const path of Object.values(MODEL_FILES)) unused.delete(path);
  for (const path of weights) {
    if (typeof path !== 'string' || !unused.delete(path)) fail('weights', 'a list of files, each listed once');
  }
  const [extra] = unused;
  if (extra !== undefined) fail(extra, 'named in weights, or not listed');
  return weights;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fail(field: string, expected: string): never {
  throw new UnmaskError('bad-model', `manifest.json: ${field} must be ${expected}. Export the model again.`);
}
